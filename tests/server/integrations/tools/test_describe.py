from server.integrations.tools.describe import choose_servers, describe_server, read_pairs, warn_of_unused

SERVER = {"id": "crm", "title": "crm", "target": "crm-server", "enabled": True, "confirmed": True, "state": "ready", "error": ""}


def test_server_is_described_with_what_it_needs():
    assert describe_server(SERVER) == "crm (crm-server): ready"
    assert describe_server({**SERVER, "title": "My CRM"}) == "crm (My CRM, crm-server): ready"
    assert describe_server({**SERVER, "state": "failed", "error": "It is broken."}) == "crm (crm-server): failed: It is broken."
    assert describe_server({**SERVER, "enabled": False, "error": "It is broken."}) == "crm (crm-server): off"
    assert describe_server({**SERVER, "confirmed": False}).endswith(": not confirmed. Let it run: deskhand tools confirm crm")
    assert describe_server({**SERVER, "target": 400 * "x"}) == f"crm ({300 * 'x'}…): ready"


def test_names_of_other_servers_are_left_out():
    view = {
        "servers": [{"id": "a", "tools": [{"public_name": "a__x"}]}, {"id": "b", "tools": []}, {"id": "c", "tools": []}],
        "renamed": {"x": ["a__x", "b__x"], "y": ["b__y", "c__y"]},
    }
    assert choose_servers(view, ["a"]) == {"servers": view["servers"][:1], "renamed": {"x": ["a__x", "b__x"]}}


def test_values_that_no_server_needs_are_reported(capsys):
    warn_of_unused({"token": "1", "tokn": "2", "HOME": "3"}, [{"variables": ["input:token", "HOME"]}])
    assert capsys.readouterr().err == "No server needs the input tokn.\n"


def test_values_are_read_as_pairs():
    assert read_pairs(["a=b=c", "d"]) == {"a": "b=c", "d": ""}
