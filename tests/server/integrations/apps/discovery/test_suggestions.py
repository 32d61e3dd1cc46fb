import asyncio
import threading
from dataclasses import replace

import pytest

from server.integrations.apps.discovery import suggestions
from server.integrations.apps.discovery.installed_programs import Installed
from server.integrations.apps.discovery.suggestions import Programs, rank
from server.integrations.apps.resolve.launch_spec import Machine

EDITOR = Installed("Text Editor", "org.gnome.TextEditor.desktop", "/usr/bin/gnome-text-editor", "application", words="Notes")
FIREFOX = Installed("Firefox", "firefox.desktop", "/usr/bin/firefox", "application")
FIRE = Installed("fire", "fire", "/usr/bin/fire", "path")
BONFIRE = Installed("bonfire", "bonfire", "/usr/bin/bonfire", "path")
DAEMON = Installed("daemon", "/usr/libexec/daemon", "/usr/libexec/daemon", "running", running=True)
EVERY = [BONFIRE, DAEMON, FIRE, FIREFOX, EDITOR]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fire", [FIRE, FIREFOX, BONFIRE]),
        ("FIREF", [FIREFOX]),
        ("editor", [EDITOR]),
        ("ed te", [EDITOR]),
        ("notes", [EDITOR]),
        ("libexec", [DAEMON]),
        ("nothing like it", []),
        ("", [FIREFOX, EDITOR, DAEMON]),
        ("  ", [FIREFOX, EDITOR, DAEMON]),
    ],
)
def test_best_suggestion_is_first(query, expected):
    assert rank(query, EVERY) == expected


@pytest.fixture
def programs(monkeypatch):
    """The programs, the times they were looked up, and a clock."""
    clock, looks = [0.0], []

    def inspect_apps(machine):
        looks.append(machine)
        return [replace(FIRE, title=f"fire {number}", program=f"fire{number}") for number in range(50)]

    monkeypatch.setattr(suggestions, "list_programs", inspect_apps)
    return Programs(Machine("linux", {}), lambda: clock[0], fresh_seconds=10), looks, clock


def test_number_of_suggestions_is_limited(programs):
    every, _, _ = programs
    suggested = asyncio.run(every.suggest("fire", most=8))
    assert (len(suggested.programs), suggested.more) == (8, 42)


def test_installed_programs_are_scanned_once_while_typing(programs):
    every, looks, clock = programs
    for query in ("f", "fi", "fir"):
        asyncio.run(every.suggest(query))
    assert len(looks) == 1
    clock[0] = 11
    asyncio.run(every.suggest("fire"))
    assert len(looks) == 2


def test_hanging_folder_delays_suggestions_without_blocking(monkeypatch):
    answers = threading.Event()

    def inspect_apps(_):
        assert answers.wait(60)
        return [FIRE]

    async def main():
        late = [await every.suggest("fire") for _ in range(20)]  # more than there are threads for everything else
        assert all(suggested.late and not suggested.programs for suggested in late)
        assert await asyncio.to_thread(lambda: "free") == "free"
        answers.set()
        clock[0] = -1  # so there is time to wait for it
        suggested = await every.suggest("fire")
        assert (suggested.late, [program.program for program in suggested.programs]) == (None, ["fire"])

    clock = [0.0]
    monkeypatch.setattr(suggestions, "list_programs", inspect_apps)
    every = Programs(Machine("linux", {}), lambda: clock[0], wait_seconds=0.05)
    asyncio.run(asyncio.wait_for(main(), 60))


def test_failed_scan_is_started_again(monkeypatch):
    ways = [OSError("not now"), None]

    def inspect_apps(_):
        if error := ways.pop(0):
            raise error
        return [FIRE]

    monkeypatch.setattr(suggestions, "list_programs", inspect_apps)
    every = Programs(Machine("linux", {}), lambda: 0.0)
    with pytest.raises(OSError, match="not now"):
        asyncio.run(every.suggest("fire"))
    assert asyncio.run(every.suggest("fire")).programs
