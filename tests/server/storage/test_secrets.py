import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from server.errors import Unavailable
from server.storage.secrets import SECRETS_FILE, Secrets


class Drawer(KeyringBackend):
    """A keyring that opens when it is told to."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.open = threading.Event()
        self.open.set()

    def get_password(self, service: str, username: str) -> str | None:
        self.open.wait(10)
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def drawer() -> Iterator[Drawer]:
    drawer = Drawer()
    before = keyring.get_keyring()
    keyring.set_keyring(drawer)
    yield drawer
    drawer.open.set()
    keyring.set_keyring(before)


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


def test_a_keyring_in_plain_text_is_not_used(tmp_path: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Drawer, "__module__", "keyrings.alt.file")
    use(Secrets(tmp_path), keep_and_forget)
    assert drawer.kept == {}


@pytest.mark.parametrize("length", [1, 1_100, 1_198, 1_199, 10_000])
def test_a_secret_of_any_length_is_kept_in_pieces_that_windows_takes(tmp_path: Path, drawer: Drawer, length: int) -> None:
    async def work(secrets: Secrets) -> None:
        values = [kind * length for kind in ("x", "ä", "🔑", '"', "\n")]
        for value in (*values, *reversed(values)):
            await secrets.set("gmail", value)
            assert await secrets.get("gmail") == value
        assert max(len(piece.encode("utf-16-le")) for piece in drawer.kept.values()) <= 2_560
        await secrets.set("gmail", "short")
        assert len(drawer.kept) == 1
        await secrets.delete("gmail")
        assert drawer.kept == {}

    use(Secrets(tmp_path), work)


def test_interrupted_anywhere_a_long_secret_is_the_old_one_or_the_new_one(
    tmp_path: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "o" * 5_000, "n" * 4_000
    changes = 0
    for verb in ("set_password", "delete_password"):

        def change(service: str, username: str, *password: str, verb: str = verb) -> None:
            nonlocal changes
            changes -= 1
            if changes < 0:
                raise OSError("the power is gone")
            getattr(Drawer, verb)(drawer, service, username, *password)

        monkeypatch.setattr(drawer, verb, change)

    async def work(secrets: Secrets) -> None:
        nonlocal changes
        seen = set()
        for survived in range(20):
            changes = 100
            await secrets.set("gmail", old)
            changes = survived
            try:
                await secrets.set("gmail", new)
            except Unavailable:
                seen.add(await secrets.get("gmail"))
            else:
                break
        assert seen == {old, new}
        changes = 100
        await secrets.delete("gmail")
        assert drawer.kept == {}

    use(Secrets(tmp_path), work)


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


IN_A_SESSION = """
import asyncio, os, sys
from pathlib import Path
from server.errors import Unavailable
from server.storage.secrets import Secrets

async def main():
    secrets = Secrets(Path(sys.argv[1]), seconds=10)
    try:
        await secrets.set("gmail", "x" * 5_000)
        await secrets.set("gmail", "y" * 3_000)
        assert await secrets.get("gmail") == "y" * 3_000
        await secrets.delete("gmail")
        assert await secrets.get("gmail") is None
        print(secrets.place)
    except Unavailable as error:
        print(error.detail)

asyncio.run(main())
"""


@pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="There is no gnome-keyring with dbus-run-session to try it with.",
)
@pytest.mark.parametrize(
    ("start", "answer"),
    [("--unlock", "Secrets lie in the keyring of this computer (SecretService"), ("--daemonize", "is locked")],
)
def test_a_real_secret_service_keeps_them_or_is_locked(tmp_path: Path, start: str, answer: str) -> None:
    program = f'printf secret | gnome-keyring-daemon {start} --components=secrets >/dev/null; exec "$@"'
    unwanted = ("PYTHON_KEYRING_BACKEND", "DISPLAY", "WAYLAND_DISPLAY")  # nobody shall be asked for a password
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    own = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"), str(tmp_path))
    said = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", program, "sh", sys.executable, "-c", IN_A_SESSION, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        env=environment | own,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert answer in said
    assert not tmp_path.joinpath(SECRETS_FILE).exists()
