"""The apps over real sockets, as a client and as the person at the computer see them."""

import asyncio
import json
import os
import shutil

import psutil
import pytest

from tests.server.integrations.apps.desk import eventually

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the program that these tests start is written for POSIX")


@pytest.fixture
def served(serve, tmp_path):
    """A server whose list has one program, made from sleep."""
    (tmp_path / "data").mkdir()
    shutil.copy2(shutil.which("sleep"), tmp_path / "napper")
    write_list(tmp_path, {"nap": {"path": str(tmp_path / "napper"), "args": ["600"], "aliases": ["doze"]}})
    served = serve(tmp_path / "data")
    served.make_client(allow=["control_app"])
    yield served
    served.call("POST", "/apps/control", json={"app_name": "nap", "action": "stop"})


def write_list(folder, apps):
    (folder / "data" / "app_config.json").write_text(json.dumps({"version": 2, "apps": apps}))


def control(served, **order):
    return served.call("POST", "/apps/control", json=order)


def test_client_lists_starts_reads_and_stops_apps(served, tmp_path):
    listed = served.call("GET", "/apps/list").json()
    assert listed["message"] == "1 on the list, 1 of them installed here."
    assert listed["apps"] == [
        {
            "name": "nap",
            "title": "nap",
            "type": "executable",
            "available": True,
            "running": False,
            "actions": ["start", "stop", "restart"],
            "aliases": ["doze"],
            "presets": [],
        }
    ]
    started = control(served, app_name="Doze", action="start").json()
    assert (started["success"], started["app_name"], started["action"]) == (True, "nap", "start")
    assert psutil.Process(started["pid"]).cmdline() == [str(tmp_path / "napper"), "600"]
    status = served.call("GET", "/apps/nap").json()
    assert (status["running"], status["pid"], status["since"]) == (True, started["pid"], started["since"])
    assert status["uptime_seconds"] >= 0
    stopped = control(served, app_name="nap", action="stop").json()
    assert stopped == {"success": True, "message": "nap has been stopped.", "app_name": "nap", "action": "stop"}
    asyncio.run(eventually(lambda: not psutil.pid_exists(started["pid"])))


def test_activity_has_the_command_that_ran(served, tmp_path):
    control(served, app_name="nap", action="start")
    (entry,) = [entry for entry in served.activity() if entry["operation"] == "control_app"]
    assert entry["sentence"] == "started nap"
    assert ["Program", str(tmp_path / "napper")] in entry["effect"]["fields"]
    assert str(tmp_path) not in entry["result"]


def test_unknown_app_is_not_found(served, tmp_path):
    for answer in (control(served, app_name="napp", action="start"), served.call("GET", "/apps/napp")):
        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is no app called 'napp' on the list. Did you mean nap?"


@pytest.mark.parametrize(
    "order",
    [
        {"app_name": "nap"},
        {"app_name": "nap", "action": "kill"},
        {"app_name": "", "action": "start"},
        {"app_name": "n" * 201, "action": "start"},
        {"app_name": "nap", "action": "start", "args": ["--evil"]},
        {"app_name": "nap", "action": "start", "path": "/bin/sh"},
        {"app_name": ["nap"], "action": "start"},
        {"app_name": "nap", "action": "start", "target": "x"},
        {"app_name": "nap", "action": "start", "preset": "x"},
        [],
    ],
)
def test_invalid_start_request_is_refused(served, order):
    assert served.call("POST", "/apps/control", json=order).status_code == 422
    assert not served.call("GET", "/apps/nap").json()["running"]


def test_action_that_is_not_allowed_is_forbidden(served):
    assert control(served, app_name="nap", action="open", target="/etc/passwd").status_code == 403


def test_app_names_in_the_path_may_have_any_characters(served):
    for name in ("%00", "%ED%A0%80", "%2e%2e%2fetc", "%F0%9F%98%80", "a" * 200, "%0a"):
        assert served.call("GET", f"/apps/{name}").status_code == 404
    assert served.call("GET", f"/apps/{'a' * 201}").status_code == 422


def test_local_list_has_its_paths(served, tmp_path):
    shown = served.person("GET", "/api/apps").json()
    assert shown["file"] == str(tmp_path / "data" / "app_config.json")
    assert shown["problem"] is None
    assert shown["apps"][0]["command"] == [str(tmp_path / "napper"), "600"]
    assert served.call("GET", "/api/apps").status_code == 404


def test_app_list_is_replaced(served):
    shown = served.person("GET", "/api/apps").json()["list"]
    shown["apps"]["second"] = {"platforms": {"linux": {"path": "sleep"}}}
    saved = served.person("PUT", "/api/apps", json=shown)
    assert saved.status_code == 200, saved.text
    assert [app["name"] for app in served.call("GET", "/apps/list").json()["apps"]] == ["nap", "second"]
    shown["apps"]["second"]["allow"] = ["everything"]
    assert served.person("PUT", "/api/apps", json=shown).status_code == 422
    assert [app["name"] for app in served.call("GET", "/apps/list").json()["apps"]] == ["nap", "second"]


def test_app_is_added_and_removed(served):
    added = served.person("PUT", "/api/apps/Second", json={"platforms": {"linux": {"path": "sleep"}}})
    assert [app["name"] for app in added.json()["apps"]] == ["nap", "second"]
    for name, entry in (("third", {"aliases": ["nap"]}), ("a%0ab", {}), ("third", {"path": "./x"})):
        assert served.person("PUT", f"/api/apps/{name}", json=entry).status_code == 422
    assert [app["name"] for app in served.person("DELETE", "/api/apps/second").json()["apps"]] == ["nap"]
    assert served.person("DELETE", "/api/apps/second").status_code == 404


def test_app_is_tried_out(served):
    tried = served.person("POST", "/api/apps/nap/test-start").json()
    assert (tried["success"], tried["message"]) == (True, "nap has been started.")
    assert psutil.pid_exists(tried["pid"])
    assert served.person("POST", "/api/apps/gone/test-start").status_code == 404


def test_broken_list_is_reported_locally_and_the_last_good_one_stays(served, tmp_path):
    (tmp_path / "data" / "app_config.json").write_text('{"version": 2, "apps": {')
    assert [app["name"] for app in served.call("GET", "/apps/list").json()["apps"]] == ["nap"]
    assert "app_config.json contains an error" in served.person("GET", "/api/apps").json()["problem"]


def test_demo_mode_has_an_app_to_try(demo):
    demo.make_client(allow=["control_app"])
    started = control(demo, app_name="demo-clock", action="start").json()
    assert started["success"]
    assert control(demo, app_name="demo-clock", action="stop").json()["message"] == "Demo clock has been stopped."
    asyncio.run(eventually(lambda: not psutil.pid_exists(started["pid"])))


def test_program_is_added_by_its_name(served):
    added = served.person("POST", "/api/apps", json={"program": "sleep 30", "title": "Short nap"})
    assert added.status_code == 201, added.text
    assert added.json()["name"] == "short-nap"
    assert served.call("GET", "/apps/short-nap").json()["title"] == "Short nap"
    refused = served.person("POST", "/api/apps", json={"program": "no-such-program"})
    assert (refused.status_code, "in PATH" in refused.json()["detail"]) == (422, True)


def test_programs_are_suggested_while_typing(served):
    suggestions = served.person("GET", "/api/apps/suggestions", params={"query": "slee"}).json()["programs"]
    assert "sleep" in [suggestion["program"] for suggestion in suggestions]
    assert served.call("GET", "/api/apps/suggestions").status_code == 404


def test_change_with_a_stale_etag_is_refused(served):
    (shown,) = served.person("GET", "/api/apps").json()["apps"]
    entry = {"platforms": {"linux": {"path": "sleep"}}}
    assert served.person("PUT", f"/api/apps/nap?mark={shown['mark']}", json=entry).status_code == 200
    assert served.person("PUT", f"/api/apps/nap?mark={shown['mark']}", json=entry).status_code == 409
    assert served.person("DELETE", f"/api/apps/nap?mark={shown['mark']}").status_code == 409
    (shown,) = served.person("GET", "/api/apps").json()["apps"]
    assert served.person("DELETE", f"/api/apps/nap?mark={shown['mark']}").json()["apps"] == []


def test_started_app_is_listed_as_stoppable_and_stopped(served):
    assert not served.person("GET", "/api/apps").json()["apps"][0]["stoppable"]
    served.person("POST", "/api/apps/nap/test-start")
    assert served.person("GET", "/api/apps").json()["apps"][0]["stoppable"]
    assert served.person("POST", "/api/apps/nap/test-stop").json()["message"] == "nap has been stopped."
    assert not served.person("GET", "/api/apps").json()["apps"][0]["running"]


def test_last_good_list_is_restored(served, tmp_path):
    before = served.person("GET", "/api/apps").json()
    assert before["sound"]
    (tmp_path / "data" / "app_config.json").write_text("{")
    assert not served.person("GET", "/api/apps").json()["sound"]
    assert served.person("PUT", "/api/apps/nap", json={}).status_code == 409
    restored = served.person("POST", "/api/apps/restore").json()
    assert (restored["sound"], restored["problem"], restored["list"]) == (True, None, before["list"])
