import json
import sys
from datetime import datetime

import pytest

from server.commandline.activity import describe


def test_activity_is_printed_as_sentences(deskhand, serve) -> None:
    served = serve()
    served.call("GET", "/apps/list")
    assert "done      script listed apps (" in deskhand("activity").stdout
    assert json.loads(deskhand("activity", "--json", "--limit", "1").stdout)[0]["operation"] == "list_apps"


@pytest.mark.skipif(sys.platform == "win32", reason="no variable says the zone there")
def test_times_are_local(deskhand_process, serve) -> None:
    served = serve()
    served.call("GET", "/apps/list")
    stored = datetime.fromisoformat(json.loads(deskhand_process("activity", "--json").stdout)[0]["at"])
    for zone, hours in (("XYZ-5", 5), ("XYZ+3", -3)):
        printed = deskhand_process("activity", TZ=zone).stdout.split("  done")[0].split(maxsplit=1)[1].strip()
        assert (datetime.fromisoformat(printed) - stored.replace(tzinfo=None, microsecond=0)).total_seconds() == hours * 3600


def test_control_characters_are_escaped_on_the_terminal(deskhand, serve) -> None:
    served = serve(demo=True)
    hostile = "x\x1b]0;owned\x07\x9b31m\u202e"
    served.call("GET", "/gmail/messages", params={"query": hostile})
    output = deskhand("activity", "--limit", "1")
    assert "x␛]0;owned␇\\u009b31m\\u202e" in output.stdout
    shown = json.loads(deskhand("activity", "--json", "--limit", "1").stdout)[0]
    assert shown["arguments"]["query"] == hostile
    failed = deskhand("clients", "show", hostile)
    for text in (output.stdout, deskhand("activity", "--json").stdout, deskhand("activity", "1").stdout, failed.stderr):
        assert not set(text) & set("\x1b\x07\x9b\u202e")


def test_activity_is_filtered(deskhand, serve) -> None:
    served = serve()
    key = served.make_client("my-gpt")
    served.call("GET", "/apps/list", key)
    served.call("GET", "/apps/Notepad %26 friends", key)
    assert deskhand("activity", "--client", "my-gpt", "--search", "pad & fr").stdout.count("my-gpt") == 1
    assert "failed" in deskhand("activity", "--failed").stdout
    assert "done" not in deskhand("activity", "--failed").stdout
    assert "No matching activity" in deskhand("activity", "--client", "nobody").stderr


def test_pending_approval_is_marked(deskhand, serve) -> None:
    served = serve(demo=True)
    served.call("GET", "/apps/list")
    order = {"app_name": "demo-clock", "action": "start"}
    served.call("POST", "/apps/control", json=order, headers={"Prefer": "respond-async"})
    output = deskhand("activity", "--waiting").stdout
    assert ("waiting   script wants to start Demo clock" in output, output.count("script")) == (True, 1)
    assert "decision   asked: Needs your approval." in deskhand("activity", "2").stdout


def test_call_is_printed_with_all_its_fields(deskhand, serve) -> None:
    served = serve()
    served.make_client("my-gpt", scopes=["read:apps"])
    served.call("POST", "/apps/control", json={"app_name": "notes", "action": "start"})
    served.call("GET", "/apps/notes")
    refused, failed = deskhand("activity", "1").stdout, deskhand("activity", "2").stdout
    assert "my-gpt was denied: control an app" in refused
    assert "decision   refused: The scope is missing." in refused
    assert "operation  read_app" in failed
    assert "decision   allowed: Reading is allowed." in failed
    assert "Request:" in failed
    assert "notes" in failed.split("Request:")[1]
    assert "Response:" in failed
    assert deskhand("activity", "99").returncode == 1


def test_activity_is_read_page_by_page(deskhand, serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.commandline.activity.LARGEST_PAGE", 2)
    served = serve()
    for _ in range(5):
        served.call("GET", "/apps/list")
    numbers = [entry["id"] for entry in json.loads(deskhand("activity", "--json", "--limit", "100000").stdout)]
    assert (len(numbers), numbers) == (5, sorted(set(numbers), reverse=True))
    assert deskhand("activity", "--limit", "3").stdout.count("listed apps") == 3
    older = deskhand("activity", "--before", str(numbers[2]), "--limit", "4000")
    assert (older.stdout.count("listed apps"), older.stderr) == (2, "")
    assert "No matching activity" in deskhand("activity", "--before", "1").stderr


def test_line_of_a_text_is_not_taken_for_a_field() -> None:
    facts = dict.fromkeys(["client", "sentence", "outcome", "decision", "reason", "note", "operation", "status", "duration_ms"])
    fields = [["To", "ann@example.com"], ["Body", "Hi\nTo: bob@example.com\u2028\n"]]
    entry = facts | {"at": "2026-01-01T00:00:00+00:00", "effect": {"fields": fields}, "arguments": None, "result": "a\u2028b"}
    printed = list(describe(entry))
    assert "  To: ann@example.com" in printed
    assert "      To: bob@example.com\u2028" in printed
    assert printed[-1] == "  a\u2028b"
