import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from server.errors import Unavailable
from server.storage.secrets import SECRETS_FILE, Secrets
from tests.server.storage.conftest import Drawer

pytestmark = pytest.mark.usefixtures("drawer")


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


def test_the_keyring_of_this_computer_is_used(tmp_path: Path, drawer: Drawer) -> None:
    secrets = Secrets(tmp_path)
    use(secrets, keep_and_forget)
    assert drawer.kept
    assert "keyring of this computer" in secrets.place
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder_only", [True, False])
def test_without_a_keyring_or_in_one_folder_they_lie_in_a_file(tmp_path: Path, drawer: Drawer, *, folder_only: bool) -> None:
    if not folder_only:
        keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    secrets = Secrets(tmp_path, folder_only=folder_only)
    use(secrets, keep_and_forget)
    assert drawer.kept == {}
    assert SECRETS_FILE in secrets.place
    assert tmp_path.joinpath(SECRETS_FILE).read_text().split() == ["{", '"other":', '"two"', "}"]
    if os.name == "posix":
        assert tmp_path.joinpath(SECRETS_FILE).stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_stays_in_use(tmp_path: Path, drawer: Drawer) -> None:
    use(Secrets(tmp_path, folder_only=True), keep_and_forget)

    async def look(secrets: Secrets) -> None:
        assert await secrets.get("other") == "two"

    use(Secrets(tmp_path), look)
    assert drawer.kept == {}


def test_a_broken_file_is_kept_aside(tmp_path: Path) -> None:
    tmp_path.joinpath(SECRETS_FILE).write_text('{"gmail": "on')
    use(Secrets(tmp_path), keep_and_forget)
    assert [aside.read_text() for aside in tmp_path.glob("secrets.broken-*.json")] == ['{"gmail": "on']


def test_a_locked_keyring_is_told_in_a_sentence(tmp_path: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str) -> None:
        raise OSError(1783, "The stub received bad data")

    monkeypatch.setattr(drawer, "get_password", refuse)

    async def work(secrets: Secrets) -> None:
        for call in (secrets.get("gmail"), secrets.set("gmail", "one"), secrets.delete("gmail")):
            with pytest.raises(Unavailable, match="locked or refuses"):
                await call

    use(Secrets(tmp_path), work)


def test_a_keyring_that_waits_for_its_person_holds_nobody_for_ever(tmp_path: Path, drawer: Drawer) -> None:
    async def work(secrets: Secrets) -> None:
        await secrets.set("gmail", "one")
        drawer.open.clear()
        for _ in range(2):
            with pytest.raises(Unavailable, match="does not answer"):
                await secrets.get("gmail")
        drawer.open.set()
        while True:
            try:
                assert await secrets.get("gmail") == "one"
                break
            except Unavailable:
                pass

    use(Secrets(tmp_path, seconds=0.1), work)
