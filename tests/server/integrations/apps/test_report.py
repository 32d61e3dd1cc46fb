import json
from datetime import UTC, datetime

import pytest

from server.integrations.apps.allow_list.entries import Entry
from server.integrations.apps.models import LastEnd
from server.integrations.apps.plan import AppState
from server.integrations.apps.report import describe_exit, report_stop, show, to_app_list, to_app_status
from server.integrations.apps.resolve.launch_spec import LaunchSpec
from server.system.processes import Pattern, Process

SPEC = LaunchSpec("desktop", "/secret/path", ("--secret",), Pattern(), "/secret", {"SECRET": "x"})
FIRST, SECOND = Process(5, 1700000000.0), Process(6, 1700000100.0)
SINCE = "2023-11-14T22:13:20+00:00"


def seen(name="app", **more):
    return AppState(name, Entry(name=f"The {name}", aliases=["x"], presets={"p": ["--secret"]}), **{"launch_spec": SPEC, **more})


def test_app_is_shown_without_its_path():
    app = show(seen(others=(SECOND, FIRST)))
    assert (app.title, app.type, app.available, app.running, app.since) == ("The app", "desktop", True, True, SINCE)
    assert "secret" not in app.model_dump_json().lower()


def test_status_has_the_oldest_process():
    now = datetime.fromtimestamp(1700000061, UTC)
    status = to_app_status(seen(ours={SECOND: "later"}, others=(FIRST,)), None, now)
    assert (status.pid, status.since, status.uptime_seconds, status.processes) == (5, SINCE, 61, 2)
    assert status.started_by_deskhand
    assert status.message == f"The app has been running since {SINCE}."


def test_status_names_processes_started_by_the_user():
    status = to_app_status(seen(others=(FIRST,)), None, datetime.fromtimestamp(0, UTC))
    assert status.message.endswith("Deskhand did not start it.")
    assert status.uptime_seconds == 0


def test_status_of_a_stopped_app():
    ended = LastEnd(at=SINCE, how="It ended by itself.", code=0)
    status = to_app_status(seen(), ended, datetime.now(UTC))
    assert (status.pid, status.since, status.uptime_seconds, status.ended) == (None, None, None, ended)
    assert status.message == "The app is not running."
    assert to_app_status(seen(launch_spec=None), None, datetime.now(UTC)).message == "The app is not installed on this computer."


def test_long_list_is_truncated_and_says_so():
    every = [AppState(f"{count:060}", Entry(aliases=[f"{count}-{word:050}" for word in range(20)]), None) for count in range(300)]
    listed = to_app_list(every)
    assert listed.truncated
    assert len(listed.model_dump_json()) < 90_000
    assert json.loads(listed.model_dump_json())["message"].startswith(f"The first {len(listed.apps)} of 300 apps")


def test_list_is_sorted():
    listed = to_app_list([seen("b"), seen("a", launch_spec=None)])
    assert [app.name for app in listed.apps] == ["a", "b"]
    assert listed.message == "2 on the list, 1 of them installed here."
    assert to_app_list([]).message == "No app is on the list."


def test_stop_is_formatted():
    assert report_stop(seen(), 0, others=False) == "The app has been stopped."
    assert "so it was ended" in report_stop(seen(), 1, others=False)
    assert "runs on" in report_stop(seen(), 0, others=True)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (0, "It ended by itself."),
        (3, "It ended with code 3."),
        (-9, "It was ended by the signal SIGKILL."),
        (-99, "It was ended by the signal 99."),
    ],
)
def test_process_end_is_formatted(code, sentence):
    assert describe_exit(code) == sentence
