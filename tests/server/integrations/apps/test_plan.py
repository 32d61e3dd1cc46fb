import os

import pytest

from server.core.errors import Conflict, DeskhandError
from server.integrations.apps.allow_list.entries import Entry
from server.integrations.apps.models import Action, Order
from server.integrations.apps.plan import HASHED, AppState, make_plan
from server.integrations.apps.resolve.launch_spec import LaunchSpec, Machine
from server.system.processes import Pattern, Process

MACHINE = Machine("linux", {"HOME": "/h"})
SPEC = LaunchSpec("executable", "/bin/app", ("-x",), Pattern(), "/h", {})
OURS, OTHER = Process(5, 1700000000.0), Process(6, 1700000100.0)
OURS_SINCE, OTHER_SINCE = "2023-11-14T22:13:20+00:00", "2023-11-14T22:15:00+00:00"


def see(ours=False, other=False, launch_spec=SPEC, **entry):
    return AppState(
        "app", Entry.model_validate(entry), launch_spec, {OURS: OURS_SINCE} if ours else {}, (OTHER,) if other else ()
    )


def plan(action, seen, **words):
    return make_plan(Order(app_name="app", action=action, **words), seen, MACHINE)


def test_start_runs_the_command_of_the_entry():
    made = plan("start", see())
    assert (made.stops, made.command, made.nothing) == ((), ("/bin/app", "-x"), None)
    assert made.effect.sentence == "start app"
    assert made.effect.fields == (("App", "app"), ("Program", "/bin/app"), ("Arguments", '["-x"]'), ("Folder", "/h"))


@pytest.mark.parametrize("seen", [see(ours=True), see(other=True)])
def test_running_app_is_not_started_again(seen):
    made = plan("start", seen)
    assert (made.command, made.nothing) == ((), "app is already running.")
    assert made.effect.sentence == "leave app unchanged (it is already running)"


def test_start_ends_nothing_if_several_instances_are_allowed():
    made = plan("start", see(ours=True, other=True, single_instance=False))
    assert (made.stops, made.command) == ((), ("/bin/app", "-x"))


def test_stop_ends_processes_started_by_deskhand():
    made = plan("stop", see(ours=True, other=True))
    assert (made.stops, made.command) == ((OURS,), ())
    assert ("Process", f"5, since {OURS_SINCE}") in made.effect.fields
    assert ("Process", f"6, since {OTHER_SINCE}") not in made.effect.fields


def test_stop_ends_all_processes_if_the_entry_says_so():
    assert plan("stop", see(ours=True, other=True, stop={"only_ours": False})).stops == (OURS, OTHER)


def test_stop_has_its_method():
    at_once = ("Ends", "ended at once, with all that it has started")
    assert at_once in plan("stop", see(ours=True, stop={"method": "kill"})).effect.fields
    assert at_once in plan("stop", see(ours=True, stop={"timeout_s": 0})).effect.fields
    assert at_once not in plan("stop", see(ours=True)).effect.fields


def test_restart_stops_and_starts():
    made = plan("restart", see(ours=True))
    assert (made.stops, made.command) == ((OURS,), ("/bin/app", "-x"))
    assert made.effect.sentence == "restart app"
    assert [name for name, _ in made.effect.fields] == ["App", "Process", "Ends", "Program", "Arguments", "Folder"]


@pytest.mark.parametrize("action", ["stop", "restart"])
def test_process_started_by_the_user_is_left_alone(action):
    with pytest.raises(Conflict, match="did not start it"):
        plan(action, see(other=True))


@pytest.mark.parametrize("action", ["start", "restart", "open"])
def test_app_that_is_not_installed_cannot_start(action):
    with pytest.raises(Conflict, match="not installed"):
        plan(action, see(launch_spec=None, open={"files": ["/h"]}), target="x" if action == "open" else None)


def test_app_that_is_not_installed_can_be_stopped():
    assert plan("stop", see(ours=True, launch_spec=None)).stops == (OURS,)


@pytest.mark.parametrize("action", list(Action))
def test_only_allowed_actions_are_planned(action):
    with pytest.raises(DeskhandError, match="may not be told to"):
        plan(action, see(allow=[other for other in Action if other is not action], open={"files": ["/h"]}))


def test_preset_adds_its_arguments():
    assert plan("start", see(presets={"quiet": ["-q", "two words"]}), preset=" QUIET ").command == (
        "/bin/app",
        "-x",
        "-q",
        "two words",
    )


def test_opened_file_is_identified_by_its_content(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    entry = {"open": {"files": [str(tmp_path)]}}
    before = plan("open", see(**entry), target="a.txt")
    assert before.command == ("/bin/app", "-x", str(tmp_path / "a.txt"))
    assert dict(before.effect.fields)["Size"] == "5 bytes"
    assert plan("open", see(**entry), target="a.txt").effect == before.effect
    (tmp_path / "a.txt").write_text("HELLO")
    assert plan("open", see(**entry), target="a.txt").effect != before.effect


def test_very_large_file_is_identified_by_size_and_modification_time(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(HASHED + 1)
    os.utime(tmp_path / "large", (1700000000, 1700000000))
    fields = dict(plan("open", see(open={"files": [str(tmp_path)]}), target="large").effect.fields)
    assert (fields["Size"], fields["Changed"]) == (f"{HASHED + 1} bytes", OURS_SINCE)


def test_folder_and_url_are_shown_unchanged(tmp_path):
    (tmp_path / "deep").mkdir()
    entry = {"open": {"files": [str(tmp_path)], "addresses": ["https://example.com"]}}
    for target, shown in (("deep", str(tmp_path / "deep")), ("https://example.com/x", "https://example.com/x")):
        fields = plan("open", see(**entry), target=target).effect.fields
        assert fields[-1] == ("Target", shown)


def test_variables_of_the_entry_are_shown():
    assert ("Variable A", "b") in plan("start", see(env={"A": "b"})).effect.fields
