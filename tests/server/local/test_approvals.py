import json

from click.testing import CliRunner

from server.commandline.approvals import approvals


def test_approval_list_is_empty_without_pending_calls(serve):
    assert serve().person("GET", "/api/approvals").json() == []


def test_decision_about_an_unknown_approval_is_refused_with_a_sentence(serve):
    served = serve()
    for word in ("approve", "deny"):
        answer = served.person("POST", f"/api/approvals/nobody-1/{word}", json={})
        assert answer.status_code == 404
        assert "no such request" in answer.json()["detail"]


def test_mail_waits_is_shown_completely_and_is_sent_after_approval(demo):
    demo.make_client("gpt")
    mail = {
        "to": "bob@example.com <eve@example.net>",
        "bcc": "Hidden <mallory@example.org>",
        "subject": "Lunch",
        "body": "hello\n" * 500,
    }
    answer = demo.call("POST", "/gmail/send", json=mail, headers={"Prefer": "respond-async"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
    (question,) = demo.person("GET", "/api/approvals").json()
    fields = {field["name"]: field["value"] for field in question["fields"]}
    assert fields["To"] == "bob@example.com <eve@example.net>"
    assert fields["Bcc"] == "Hidden <mallory@example.org>"
    assert fields["Body"] == mail["body"]
    assert question["recipients"] == ["eve@example.net", "mallory@example.org"]
    assert question["extents"] == ["once", "temporary", "recipients"]
    status, overview = demo.person("GET", "/api/status").json(), demo.person("GET", "/api/overview").json()
    assert (status["waiting"], status["look"], overview["waiting"]) == (1, "attention", 1)
    assert status["sentence"] == "1 request needs approval"
    assert demo.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": "always"}).status_code == 422
    assert demo.person("POST", f"/api/approvals/{question['id']}/approve", json={}).status_code == 200
    again = demo.call("POST", "/gmail/send", json=mail)
    assert (again.status_code, again.json()["message"]) == (200, "Email sent successfully")
    seen = demo.call("GET", answer.json()["poll"]).json()
    assert (seen["status"], seen["result"]) == ("done", again.json())
    sent = demo.call("GET", "/gmail/search?query=in:sent subject:Lunch").json()["messages"]
    assert len(sent) == 1
    assert demo.person("GET", "/api/status").json()["waiting"] == 0


def test_pending_approvals_are_listed_while_stopped_and_prompted_at_next_start(serve):
    served = serve(demo=True)
    mail = {"to": "mei.tanaka@example.org", "subject": "Lunch", "body": "hello"}
    key = served.make_client()
    body = served.call("POST", "/gmail/send", key, json=mail, headers={"Prefer": "respond-async"}).json()
    served.background.stop()
    listed = CliRunner().invoke(approvals, ["list", "--json", "--data-dir", str(served.data)])
    assert [load["id"] for load in json.loads(listed.output)] == [body["approval_id"]]
    again = serve(data=served.data, demo=True)
    assert again.person("POST", f"/api/approvals/{body['approval_id']}/approve", json={}).status_code == 200
    assert again.call("POST", "/gmail/send", key, json=mail).status_code == 200
