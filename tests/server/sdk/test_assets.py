import pytest

from server.core.clock import Clock
from server.sdk.assets import DOWNLOAD, LARGEST, MOST_BYTES, SECONDS, Assets


class MovedClock(Clock):
    seconds = 0.0

    def monotonic(self):
        return self.seconds


def test_file_is_there_for_some_minutes():
    clock = MovedClock()
    assets = Assets(clock)
    first = assets.add(b"one", "image/png")
    clock.seconds = SECONDS - 1
    assert assets.find(first).data == b"one"
    clock.seconds = SECONDS
    assert assets.find(first) is None
    assert assets.find("other") is None


def test_oldest_files_give_way():
    assets = Assets(Clock())
    added = [assets.add(bytes(LARGEST), "image/png") for _ in range(MOST_BYTES // LARGEST + 1)]
    assert [assets.find(asset_id) is None for asset_id in added] == [True] + [False] * (MOST_BYTES // LARGEST)


def test_file_that_is_too_large_is_none():
    assert Assets(Clock()).add(bytes(LARGEST + 1), "image/png") is None


@pytest.mark.parametrize("declared", ["image/svg+xml", "text/html", "image/png\r\nX: y", "IMAGE/PNG; charset=x", ""])
def test_file_that_a_browser_could_run_is_a_download(declared):
    assets = Assets(Clock())
    asset = assets.find(assets.add(b"<script>", declared))
    assert (asset.media_type, asset.declared) == (DOWNLOAD, declared)
