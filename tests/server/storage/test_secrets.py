import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from server.core.errors import Unavailable
from server.storage.keyring_worker import KeyringTimeouts
from server.storage.keyrings import Keyring
from server.storage.secrets import SECRETS_FILE, Secrets
from tests.server.storage.conftest import Drawer

pytestmark = pytest.mark.usefixtures("drawer")


QUICK = KeyringTimeouts(reading_seconds=0.2, writing_seconds=0.2)


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def use(secrets: Secrets, work: Callable[[Secrets], Awaitable[None]]) -> None:
    async def run() -> None:
        await work(secrets)

    asyncio.run(run())


async def keep_and_forget(secrets: Secrets) -> None:
    assert await secrets.get("gmail") is None
    await secrets.set("gmail", "one")
    await secrets.set("other", "two")
    await secrets.set("gmail", "three")
    assert (await secrets.get("gmail"), await secrets.get("other")) == ("three", "two")
    await secrets.delete("gmail")
    await secrets.delete("gmail")
    assert (await secrets.get("gmail"), await secrets.get("other")) == (None, "two")


def test_keyring_of_this_computer_is_used(tmp_path: Path, drawer: Drawer) -> None:
    secrets = Secrets(tmp_path)
    use(secrets, keep_and_forget)
    assert drawer.kept
    assert "keyring of this computer" in secrets.place
    (index,) = tmp_path.iterdir()
    assert json.loads(index.read_text()) == {"from_before": False, "names": {"gmail": False, "other": True}}
    if os.name == "posix":
        assert index.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("folder_only", [True, False])
def test_secrets_are_in_a_file_without_a_keyring_or_in_one_folder(tmp_path: Path, drawer: Drawer, *, folder_only: bool) -> None:
    if not folder_only:
        keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    secrets = Secrets(tmp_path, folder_only=folder_only)
    use(secrets, keep_and_forget)
    assert drawer.kept == {}
    assert SECRETS_FILE in secrets.place
    assert tmp_path.joinpath(SECRETS_FILE).read_text().split() == ["{", '"other":', '"two"', "}"]
    if os.name == "posix":
        assert tmp_path.joinpath(SECRETS_FILE).stat().st_mode & 0o777 == 0o600


def test_existing_secrets_file_stays_in_use(tmp_path: Path, drawer: Drawer) -> None:
    use(Secrets(tmp_path, folder_only=True), keep_and_forget)

    async def run_read(secrets: Secrets) -> None:
        assert await secrets.get("other") == "two"

    use(Secrets(tmp_path), run_read)
    assert drawer.kept == {}


def test_broken_file_is_kept_aside(tmp_path: Path) -> None:
    tmp_path.joinpath(SECRETS_FILE).write_text('{"gmail": "on')
    use(Secrets(tmp_path), keep_and_forget)
    assert [aside.read_text() for aside in tmp_path.glob("secrets.broken-*.json")] == ['{"gmail": "on']


def test_keyring_without_secrets_is_not_opened(tmp_path: Path, drawer: Drawer) -> None:
    drawer.answer = "hang"

    async def work(secrets: Secrets) -> None:
        for _ in range(3):
            assert await secrets.get("gmail") is None
            assert not await secrets.has("gmail")
        await secrets.delete("gmail")

    for _ in range(2):
        secrets = Secrets(tmp_path)
        use(secrets, work)
    assert (drawer.asked, secrets.problem) == (0, None)


def test_data_from_before_the_index_looks_up_each_name_once(tmp_path: Path, drawer: Drawer) -> None:
    Keyring(drawer).set("gmail", "old")

    async def work(secrets: Secrets) -> None:
        assert (await secrets.get("gmail"), await secrets.get("other")) == ("old", None)
        assert await secrets.has("gmail")

    use(Secrets(tmp_path, from_before=True), work)
    lookups = drawer.asked
    use(Secrets(tmp_path, from_before=True), work)
    assert drawer.asked == lookups + 1  # for what it has


@pytest.mark.parametrize("answer", ["cancel", "hang"])
def test_refusing_keyring_rests_and_new_secrets_go_to_the_file(tmp_path: Path, drawer: Drawer, answer: str) -> None:
    async def work(secrets: Secrets) -> None:
        await secrets.set("gmail", "one")
        drawer.answer, drawer.asked = answer, 0
        for _ in range(3):
            with pytest.raises(Unavailable, match="keyring of this computer"):
                await secrets.get("gmail")
        assert await secrets.has("gmail")
        assert "keyring of this computer" in (secrets.problem or "")
        await secrets.set("other", "two")
        assert await secrets.get("other") == "two"
        assert drawer.asked == 1

    secrets = Secrets(tmp_path, timeouts=QUICK)
    use(secrets, work)
    assert SECRETS_FILE in secrets.place
    assert json.loads(tmp_path.joinpath(SECRETS_FILE).read_text()) == {"other": "two"}
    drawer.answer = ""
    drawer.open.set()

    async def run_read(secrets: Secrets) -> None:
        assert (await secrets.get("gmail"), await secrets.get("other")) == ("one", "two")
        await secrets.set("gmail", "three")
        assert await secrets.get("gmail") == "three"
        await secrets.delete("gmail")
        assert await secrets.get("gmail") is None

    secrets = Secrets(tmp_path)
    use(secrets, run_read)
    assert (drawer.kept, secrets.problem) == ({}, None)


@pytest.mark.parametrize("answer", ["cancel", "hang"])
def test_first_secret_of_refusing_keyring_goes_to_the_file(tmp_path: Path, drawer: Drawer, answer: str) -> None:
    drawer.answer = answer

    async def work(secrets: Secrets) -> None:
        await secrets.set("gmail", "one")
        assert await secrets.get("gmail") == "one"

    secrets = Secrets(tmp_path, timeouts=QUICK)
    use(secrets, work)
    assert "refused or did not answer" in secrets.place
    assert secrets.problem is None or answer == "hang"
    use(Secrets(tmp_path), work)
    assert drawer.asked == 1


def test_secret_stored_after_the_timeout_is_deleted(tmp_path: Path, drawer: Drawer) -> None:
    drawer.answer = "hang"
    use(Secrets(tmp_path, timeouts=QUICK), lambda secrets: secrets.set("gmail", "one"))
    drawer.answer = ""
    drawer.open.set()
    wait_for(lambda: drawer.changes == ["set", "deleted"])
    assert drawer.kept == {}


def test_secrets_in_a_missing_keyring_are_reported(tmp_path: Path) -> None:
    use(Secrets(tmp_path), lambda secrets: secrets.set("gmail", "one"))
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]

    async def run_read(secrets: Secrets) -> None:
        assert await secrets.get("gmail") is None

    secrets = Secrets(tmp_path)
    use(secrets, run_read)
    assert "not available now" in (secrets.problem or "")


def test_keyring_is_used_again_once_it_answers(tmp_path: Path, drawer: Drawer) -> None:
    async def work(secrets: Secrets) -> None:
        await secrets.set("gmail", "one")
        drawer.answer = "hang"
        with pytest.raises(Unavailable, match="does not answer"):
            await secrets.get("gmail")
        drawer.answer = ""
        drawer.open.set()
        wait_for(lambda: secrets.problem is None)
        assert await secrets.get("gmail") == "one"

    use(Secrets(tmp_path, timeouts=QUICK), work)
