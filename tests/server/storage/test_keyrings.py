import os
import shutil
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend

from server.core.errors import Unavailable
from server.storage.keyrings import Keyring, find_keyring
from server.storage.secrets import SECRETS_FILE
from tests.conftest import need
from tests.server.storage.conftest import ROOT, Drawer


@pytest.mark.parametrize("length", [1, 1_100, 1_198, 1_199, 10_000])
def test_secret_of_any_length_is_kept_in_pieces_that_windows_takes(drawer: Drawer, length: int) -> None:
    ring = Keyring(drawer)
    values = [kind * length for kind in ("x", "ä", "🔑", '"', "\n")]
    for value in (*values, *reversed(values)):
        ring.set("gmail", value)
        assert ring.get("gmail") == value
    assert max(len(piece.encode("utf-16-le")) for piece in drawer.kept.values()) <= 2_560
    ring.set("gmail", "short")
    assert len(drawer.kept) == 1
    ring.delete("gmail")
    assert drawer.kept == {}


def test_long_secret_is_old_or_new_after_interruption_anywhere(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    ring, old, new = Keyring(drawer), "o" * 5_000, "n" * 4_000
    seen, changes = set(), 0

    def limit(verb: str) -> None:
        def change(*arguments: str) -> None:
            nonlocal changes
            changes -= 1
            if changes < 0:
                raise OSError("the power is gone")
            getattr(Drawer, verb)(drawer, *arguments)

        monkeypatch.setattr(drawer, verb, change)

    limit("set_password")
    limit("delete_password")
    for survived in range(20):
        changes = 100
        ring.set("gmail", old)
        changes = survived
        try:
            ring.set("gmail", new)
        except Unavailable:
            seen.add(ring.get("gmail"))
        else:
            break
    assert seen == {old, new}


def test_deletion_removes_pieces_left_by_interruptions(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring(drawer)
    for verb in ("set_password", "delete_password"):
        for survived in range(4):
            ring.set("gmail", "x" * 9_000)
            done: list[str] = []

            def change(*arguments: str, verb: str = verb, survived: int = survived, done: list[str] = done) -> None:
                if len(done) == survived:
                    raise OSError("the power is gone")
                done.append(arguments[0])
                getattr(Drawer, verb)(drawer, *arguments)

            with monkeypatch.context() as patch:
                patch.setattr(drawer, verb, change)
                with pytest.raises(Unavailable):
                    ring.set("gmail", "y" * 9_000)
            ring.delete("gmail")
            assert drawer.kept == {}


def test_secret_with_a_piece_missing_is_none(drawer: Drawer) -> None:
    ring = Keyring(drawer)
    ring.set("gmail", "x" * 5_000)
    drawer.delete_password("Deskhand gmail/a2", "Deskhand")
    assert ring.get("gmail") is None


def test_keyring_without_storage_is_ignored(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_keyring() is drawer
    for useless in (fail.Keyring(), null.Keyring()):  # type: ignore[no-untyped-call]
        keyring.set_keyring(useless)
        assert find_keyring() is None
    monkeypatch.setattr(Drawer, "__module__", "keyrings.alt.file")
    keyring.set_keyring(drawer)
    assert find_keyring() is None


def test_best_of_several_keyrings_is_chosen(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChainerBackend, "backends", [null.Keyring(), drawer])  # type: ignore[no-untyped-call]
    keyring.set_keyring(ChainerBackend())  # type: ignore[no-untyped-call]
    assert find_keyring() is drawer


def test_missing_configured_keyring_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "none.such.Keyring")
    assert find_keyring() is None


IN_A_SESSION = """
import asyncio, os, sys
from pathlib import Path
from server.storage.keyring_worker import KeyringTimeouts
from server.storage.secrets import Secrets

async def main():
    secrets = Secrets(Path(sys.argv[1]), timeouts=KeyringTimeouts(writing_seconds=10))
    assert await secrets.get("gmail") is None
    await secrets.set("gmail", "x" * 5_000)
    await secrets.set("gmail", "y" * 3_000)
    assert await secrets.get("gmail") == "y" * 3_000
    await secrets.delete("gmail")
    assert await secrets.get("gmail") is None
    print(secrets.place)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("start", "answer"),
    [
        ("--unlock", "Secrets are stored in the keyring of this computer (SecretService"),
        ("--daemonize", "refused or did not answer"),
    ],
)
def test_real_secret_service_or_the_file_keeps_secrets(tmp_path: Path, start: str, answer: str) -> None:
    available = shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")
    need(available, "a secret service", "apt-get install gnome-keyring dbus")
    program = f'printf secret | gnome-keyring-daemon {start} --components=secrets >/dev/null; exec "$@"'
    unwanted = ("PYTHON_KEYRING_BACKEND", "DISPLAY", "WAYLAND_DISPLAY")  # nobody shall be asked for a password
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    own = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"), str(tmp_path))
    completed = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", program, "sh", sys.executable, "-c", IN_A_SESSION, str(tmp_path)],
        cwd=ROOT,
        env=environment | own,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert answer in completed
    assert tmp_path.joinpath(SECRETS_FILE).exists() == (start == "--daemonize")
