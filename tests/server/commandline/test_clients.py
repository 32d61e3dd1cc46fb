import json


def test_client_created_without_a_server_is_known_at_next_start(deskhand, serve) -> None:
    made = deskhand("clients", "create", "bot", "--scope", "read:apps")
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("\n") == 1
    served = serve()
    assert served.call("GET", "/apps/list", made.stdout.strip()).status_code == 200


def test_change_of_a_running_server_holds_at_once(deskhand, serve) -> None:
    served = serve()
    key = deskhand("clients", "create", "bot", "--scope", "read:apps").stdout.strip()
    assert served.call("GET", "/apps/list", key).status_code == 200
    assert [client["name"] for client in json.loads(deskhand("clients", "list", "--json").stdout)] == ["bot"]
    shown = deskhand("clients", "show", "bot").stdout
    assert "allow  list_apps" in shown
    assert key not in shown
    assert deskhand("clients", "revoke", "bot", "--yes").returncode == 0
    assert served.call("GET", "/apps/list", key).status_code == 401


def test_empty_client_list_has_a_hint(deskhand) -> None:
    assert "clients create" in deskhand("clients", "list").stderr


def test_client_permissions_are_changed_by_name(deskhand) -> None:
    deskhand("clients", "create", "bot")
    assert "allow  control_app" in deskhand("clients", "allow", "bot", "control_app", "send_mail").stdout
    assert "ask    control_app" in deskhand("clients", "ask", "bot", "control_app").stdout
    assert "deny   list_apps" in deskhand("clients", "deny", "bot", "list_apps").stdout
    assert "allow  send_mail" in deskhand("clients", "show", "bot").stdout
    wrong = deskhand("clients", "allow", "bot", "launch_rocket")
    assert (wrong.returncode, "control_app" in wrong.stderr) == (1, True)


def test_rotated_key_is_alone_on_stdout_and_the_old_one_is_refused(deskhand, serve) -> None:
    old = deskhand("clients", "create", "bot").stdout.strip()
    new = deskhand("clients", "renew", "bot", "--yes").stdout.strip()
    served = serve()
    assert [served.call("GET", "/apps/list", key).status_code for key in (old, new)] == [401, 200]


def test_revocation_of_all_clients_needs_its_option(deskhand) -> None:
    deskhand("clients", "create", "one")
    assert deskhand("clients", "revoke").returncode == 2
    assert deskhand("clients", "revoke", "one", "--all").returncode == 2
    assert deskhand("clients", "revoke", "--all", "--yes").stdout == "1 revoked.\n"
    assert "no clients" in deskhand("clients", "revoke", "--all", "--yes").stdout


def test_client_id_and_secret_are_printed_as_json_on_stdout(deskhand) -> None:
    made = deskhand("clients", "create", "my-gpt", "--oauth", "--redirect-uri", "https://app.example/cb")
    pair = json.loads(made.stdout)
    assert (set(pair), pair["client_secret"][:6]) == ({"client_id", "client_secret"}, "dh_cs_")
    shown = deskhand("clients", "show", "my-gpt").stdout
    assert f"OAuth   {pair['client_id']} (my-gpt, made here)" in shown
    assert "redirect URL https://app.example/cb" in shown
    assert pair["client_secret"] not in shown
    renewed = json.loads(deskhand("clients", "renew", "my-gpt", "--oauth", "--yes").stdout)
    assert renewed["client_id"] != pair["client_id"]
    assert "https://app.example/cb" in deskhand("clients", "show", "my-gpt").stdout
    assert deskhand("clients", "create", "bot", "--redirect-uri", "https://app.example/cb").returncode == 2


def test_temporary_allowance_is_shown_and_ended(deskhand, serve) -> None:
    served = serve(demo=True)
    key = served.make_client("bot")

    def send(subject: str):
        mail = {"to": "mei.tanaka@example.org", "subject": subject, "body": "hello"}
        return served.call("POST", "/gmail/send", key, json=mail, headers={"Prefer": "respond-async"})

    for extent in ("recipients", "quarter"):
        approval = send(extent).json()["approval_id"]
        answer = served.person("POST", f"/api/approvals/{approval}/approve", json={"extent": extent})
        assert answer.status_code == 200
        if extent == "recipients":
            served.person("PATCH", "/api/clients/bot", json={"policies": {"control_app": "ask"}})
            shown = deskhand("clients", "show", "bot").stdout
            assert "\nallowed send_mail to mei.tanaka@example.org without asking, until you end it\n" in shown
            assert shown.endswith("Ask again: deskhand clients ask bot OPERATION\n")
            assert deskhand("clients", "ask", "bot", "send_mail").returncode == 0
    (listed,) = json.loads(deskhand("clients", "show", "bot", "--json").stdout)["allowances"]
    assert (listed["operation"], listed["extent"]) == ("send_mail", "temporary")
    assert deskhand("clients", "deny", "bot", "send_mail").returncode == 0
    assert send("denied").status_code == 403
    served.person("PATCH", "/api/clients/bot", json={"policies": {"send_mail": "ask"}})
    assert send("asked").status_code == 202
    assert "without asking" not in deskhand("clients", "show", "bot").stdout


def test_preset_is_chosen_and_what_always_permits_is_said(deskhand) -> None:
    made = deskhand("clients", "create", "my-gpt", "--preset", "ask", "--allow", "send_mail")
    assert (made.returncode, made.stdout.startswith("dh_")) == (0, True)
    assert made.stderr == "send_mail: It can send any text to anyone in your name without asking. You only see it afterwards.\n"
    shown = json.loads(deskhand("clients", "show", "my-gpt", "--json").stdout)["operations"]
    assert (shown["send_mail"], shown["trash_mail"]) == ("allow", "ask")
    assert "not all of it can be undone" in deskhand("clients", "allow", "my-gpt", "trash_mail").stderr
    assert deskhand("clients", "deny", "my-gpt", "send_mail").stderr == ""
    assert "allows 30. Choose a preset" in deskhand("clients", "create", "everything").stderr


def test_destructive_command_asks_first(deskhand) -> None:
    deskhand("clients", "create", "bot")
    for command in (("revoke", "bot"), ("revoke", "--all"), ("renew", "bot")):
        refused = deskhand("clients", *command, typed="n\n")
        assert (refused.returncode, refused.stdout, "Continue? [y/N]" in refused.stderr) == (1, "", True)
    assert "revoked" not in deskhand("clients", "list").stdout
    assert deskhand("clients", "revoke", "bot", typed="y\n").stdout.endswith("bot is revoked.\n")


def test_operation_without_its_scope_is_not_allowed_in_vain(deskhand) -> None:
    deskhand("clients", "create", "bot", "--scope", "read:apps")
    for policy in ("allow", "ask"):
        refused = deskhand("clients", policy, "bot", "send_mail")
        assert refused.returncode == 1
        assert refused.stderr.endswith(" clients scopes bot --add write:mail\n")
    assert deskhand("clients", "deny", "bot", "send_mail").returncode == 0
    assert "scopes  read:apps write:mail\n" in deskhand("clients", "scopes", "bot", "--add", "write:mail").stdout
    assert "allow  send_mail" in deskhand("clients", "allow", "bot", "send_mail").stdout
    assert "scopes  read:apps\n" in deskhand("clients", "scopes", "bot", "--remove", "write:mail").stdout
    assert deskhand("clients", "scopes", "bot").stdout == deskhand("clients", "show", "bot").stdout
    assert "use:nothing" in deskhand("clients", "scopes", "bot", "--add", "use:nothing").stderr
    refused = deskhand("clients", "create", "other", "--scope", "read:apps", "--allow", "send_mail")
    assert refused.stderr == "These scopes do not include send_mail. Choose another one.\n"


def test_operation_that_may_be_meant_is_proposed(deskhand) -> None:
    deskhand("clients", "create", "bot")
    refused = deskhand("clients", "allow", "bot", "sendmail")
    assert refused.stderr.startswith("There is no operation sendmail. Did you mean ")
    assert "send_mail" in refused.stderr
