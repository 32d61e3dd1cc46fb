from dataclasses import replace

import pytest

from server.integrations.apps import suggestions
from server.integrations.apps.programs import Installed
from server.integrations.apps.recipe import Machine
from server.integrations.apps.suggestions import Programs, rank

EDITOR = Installed("Text Editor", "org.gnome.TextEditor.desktop", "/usr/bin/gnome-text-editor", "application", words="Notes")
FIREFOX = Installed("Firefox", "firefox.desktop", "/usr/bin/firefox", "application")
FIRE = Installed("fire", "fire", "/usr/bin/fire", "path")
BONFIRE = Installed("bonfire", "bonfire", "/usr/bin/bonfire", "path")
DAEMON = Installed("daemon", "/usr/libexec/daemon", "/usr/libexec/daemon", "running", running=True)
EVERY = [BONFIRE, DAEMON, FIRE, FIREFOX, EDITOR]


@pytest.mark.parametrize(
    ("query", "found"),
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
def test_what_fits_best_comes_first(query, found):
    assert rank(query, EVERY) == found


@pytest.fixture
def programs(monkeypatch):
    """The programs, the times they were looked up, and a clock."""
    clock, looks = [0.0], []

    def look(machine):
        looks.append(machine)
        return [replace(FIRE, title=f"fire {number}", program=f"fire{number}") for number in range(50)]

    monkeypatch.setattr(suggestions, "list_programs", look)
    return Programs(Machine("linux", {}), lambda: clock[0], fresh_seconds=10), looks, clock


def test_only_so_many_are_told(programs):
    every, _, _ = programs
    told = every.suggest("fire", most=8)
    assert (len(told.programs), told.more) == (8, 42)


def test_while_one_writes_the_computer_is_looked_at_once(programs):
    every, looks, clock = programs
    for query in ("f", "fi", "fir"):
        every.suggest(query)
    assert len(looks) == 1
    clock[0] = 11
    every.suggest("fire")
    assert len(looks) == 2
