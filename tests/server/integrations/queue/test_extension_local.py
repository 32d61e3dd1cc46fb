import re

import pytest

from server.integrations.queue.extension.messages import ImportProgress, Page, SelfTest
from server.integrations.queue.extension.registry import PairedExtension
from server.integrations.queue.extension_local import view
from tests.window.queueing import queueing

PAIRED = PairedExtension(
    "b", "Home", "Chromium 156", "1.0.0", "chrome-extension://abc", "c", connected=True, paired_at=0, last_seen=None
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with queueing(tmp_path_factory.mktemp("queue") / "data") as server:
        yield server


def test_code_is_made_for_two_minutes_and_no_browser_is_there_yet(server) -> None:
    listed = server.person("GET", "/api/extension").json()
    assert listed["extensions"] == []
    assert listed["wanted_version"]
    assert listed["command"].endswith("extension")
    made = server.person("POST", "/api/extension/pairing")
    assert made.status_code == 201
    assert re.fullmatch(r"\w{8}", made.json()["code"])


def test_browser_that_is_not_there_is_named_so(server) -> None:
    assert server.person("POST", "/api/extension/none/self-test").status_code == 409
    assert server.person("POST", "/api/extension/none/import").status_code == 409
    assert server.person("POST", "/api/extension/none/import/pause").status_code == 409
    assert server.person("POST", "/api/extension/none/import/burn").status_code == 422
    assert server.person("DELETE", "/api/extension/none").status_code == 404


def test_health_has_what_the_page_and_the_self_test_lack() -> None:
    page = Page(type="page", state="unknown_layout", detail="No editor.", missing=["editor"])
    extension = PairedExtension(
        **{**vars(PAIRED), "page": page, "self_test": SelfTest(type="self_test", ok=False, missing=["send"])}
    )
    shown = view(extension, "1.1.0")
    assert (shown.page, shown.detail, shown.missing, shown.test_ok) == ("unknown_layout", "No editor.", ["editor", "send"], False)
    assert shown.outdated
    assert not view(PAIRED, "1.0.0").outdated
    assert view(PAIRED, "1.0.0").test_ok is None


def test_progress_of_an_import_is_shown() -> None:
    progress = ImportProgress(type="import_progress", count=3, total=40, seconds_left=74, problem="ChatGPT asks for a pause.")
    shown = view(PairedExtension(**{**vars(PAIRED), "history": progress}), "1.0.0").history
    assert shown is not None
    assert (shown.count, shown.total, shown.seconds_left, shown.problem) == (3, 40, 74, "ChatGPT asks for a pause.")
    assert view(PAIRED, "1.0.0").history is None
