import json
import sys

import pytest

from server.integrations.tools import watcher
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.watcher import list_changes
from tests.server.integrations.tools.gateway import describe_crm, find_server, serve_crm, trust, wait_until, write_config

SERVER = UpstreamConfig(id="crm", title="CRM", transport=Transport.stdio, command="crm", disabled_tools=("a",))


def secrets(**values):
    return UpstreamSecrets.model_validate(values)


@pytest.mark.parametrize(
    ("change", "values", "expected"),
    [
        ({"command": "evil"}, {}, ["command"]),
        ({"arguments": ("-c", "evil")}, {}, ["arguments"]),
        ({"folder": "/evil"}, {}, ["folder"]),
        ({"title": "Gmail"}, {}, ["title"]),
        ({"disabled_tools": ()}, {}, ["disabledTools"]),
        ({"disabled_tools": ("a", "b")}, {}, []),
        ({"enabled": False}, {}, []),
        ({}, {"environment": {"NODE_OPTIONS": "--require evil"}}, ["environment: NODE_OPTIONS"]),
        ({}, {"headers": {"Authorization": "evil"}}, ["headers: Authorization"]),
        ({}, {"variables": {"PATH": "evil"}}, ["variables: PATH"]),
        ({}, {"query": "to=evil"}, ["url"]),
        ({"transport": Transport.http, "url": "https://evil.example"}, {}, ["transport", "url"]),
    ],
)
def test_change_that_runs_or_reaches_something_else_needs_the_person(change, values, expected):
    assert list_changes(SERVER, SERVER.model_copy(update=change), secrets(), secrets(**values)) == expected


def test_server_that_is_turned_on_needs_the_person():
    assert list_changes(SERVER.model_copy(update={"enabled": False}), SERVER, secrets(), secrets()) == ["enabled"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watcher, "POLL_SECONDS", 0.05)
        with serve_crm(tmp_path_factory.mktemp("tools")) as served:
            yield served


@pytest.fixture
def config(served, tmp_path):
    """A file with one server, which is watched and trusted."""
    path = tmp_path / "mcp.json"
    path.write_text(write_config(desk=describe_crm()))
    answer = watch(served, path)
    assert answer.status_code == 200, answer.text
    server = next(view["id"] for view in answer.json()["servers"] if view["id"].startswith("desk"))
    trust(served, server)
    yield path, server
    path.write_text(write_config())
    wait_until(lambda: not [view for view in read(served)["servers"] if view["id"].startswith(("desk", "other"))])
    watch(served, "")


def watch(served, path):
    return served.person("PUT", "/api/tools/watched", json={"path": str(path)})


def read(served):
    return served.person("GET", "/api/tools").json()


def ids(served):
    return [view["id"] for view in read(served)["servers"]]


def test_named_file_is_in_force_at_once(served, config):
    path, server = config
    assert read(served)["watched"] == {"path": str(path), "error": "", "notes": [], "servers": [server], "waiting": []}
    assert find_server(served, server)["state"] == "ready"
    assert find_server(served, server)["confirmed"]


def test_changed_command_stops_and_waits_and_is_untrusted(served, config, tmp_path):
    path, server = config
    mark = tmp_path / "started"
    evil = {"command": sys.executable, "args": ["-c", f"open({str(mark)!r}, 'w')"]}
    path.write_text(write_config(desk=evil, other=evil))
    wait_until(lambda: len(read(served)["watched"]["waiting"]) == 2)
    view = find_server(served, server)
    assert (view["confirmed"], view["state"], view["tools"]) == (False, "stopped", [])
    waiting = {entry["server"]: entry["changes"] for entry in read(served)["watched"]["waiting"]}
    assert (waiting[server][0], waiting["other"]) == ("arguments", ["new"])
    assert served.person("POST", f"/api/tools/{server}/restart").status_code == 200
    assert not mark.exists()
    assert served.person("POST", f"/api/tools/{server}/confirm").status_code == 409, "nobody can have seen it yet"
    seen = find_server(served, server)["revision"]
    assert served.person("POST", f"/api/tools/{server}/confirm?revision={'0' * 64}").status_code == 409
    assert served.person("POST", f"/api/tools/{server}/confirm?revision={seen}").status_code == 200
    wait_until(mark.exists)
    assert not find_server(served, server)["trusted"]


def test_changed_value_of_the_environment_waits_and_is_no_setting(served, config):
    path, server = config
    path.write_text(write_config(desk=describe_crm(env={**describe_crm()["env"], "LD_PRELOAD": "/evil-value.so"})))
    wait_until(lambda: read(served)["watched"]["waiting"])
    assert read(served)["watched"]["waiting"] == [{"server": server, "changes": ["environment: LD_PRELOAD"]}]
    assert find_server(served, server)["state"] == "stopped"
    assert "evil-value" not in (served.data / "settings.json").read_text()
    assert "evil-value" not in json.dumps(read(served))


def test_broken_file_changes_nothing_and_says_so(served, config):
    path, server = config
    path.write_text("{")
    wait_until(lambda: read(served)["watched"]["error"])
    assert "stay as they were" in read(served)["watched"]["error"]
    assert "watched configuration" in served.person("GET", "/api/overview").text
    path.unlink()
    wait_until(lambda: "does not exist" in read(served)["watched"]["error"])
    path.write_text(write_config(desk={"command": 7}, third={"command": "x", "disabled": True}))
    wait_until(lambda: "third" in ids(served))
    assert read(served)["watched"]["error"] == ""
    assert find_server(served, server)["state"] == "ready", "a server that is broken in the file stays, too"


def test_tools_that_the_file_takes_away_are_gone_at_once(served, config):
    path, server = config
    path.write_text(write_config(desk=describe_crm(disabledTools=["get_leads"])))
    wait_until(lambda: [tool["name"] for tool in find_server(served, server)["tools"] if not tool["offered"]] == ["get_leads"])
    assert find_server(served, server)["trusted"]
    path.write_text(write_config())
    wait_until(lambda: server not in ids(served))


def test_server_that_was_added_otherwise_is_left_alone(served, config):
    path, _ = config
    trust(served)
    path.write_text(write_config(desk=describe_crm(), crm={"command": "evil"}))
    wait_until(lambda: read(served)["watched"]["notes"])
    assert "added otherwise" in read(served)["watched"]["notes"][0]
    assert (find_server(served)["state"], find_server(served)["trusted"]) == ("ready", True)
