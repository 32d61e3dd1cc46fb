import json


def test_a_client_made_while_nothing_runs_is_known_to_the_server_that_starts_then(deskhand, serve) -> None:
    made = deskhand("clients", "create", "bot", "--scope", "read:apps")
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("\n") == 1
    served = serve()
    assert served.call("GET", "/apps/list", made.stdout.strip()).status_code == 200


def test_what_the_command_does_to_a_running_server_holds_at_once(deskhand, serve) -> None:
    served = serve()
    key = deskhand("clients", "create", "bot", "--scope", "read:apps").stdout.strip()
    assert served.call("GET", "/apps/list", key).status_code == 200
    assert [client["name"] for client in json.loads(deskhand("clients", "list", "--json").stdout)] == ["bot"]
    shown = deskhand("clients", "show", "bot").stdout
    assert "allow  list_apps" in shown
    assert key not in shown
    assert deskhand("clients", "revoke", "bot").returncode == 0
    assert served.call("GET", "/apps/list", key).status_code == 401


def test_an_empty_list_says_what_to_do(deskhand) -> None:
    assert "clients create" in deskhand("clients", "list").stderr
