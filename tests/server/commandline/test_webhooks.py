import json

import pytest

from tests.server.outbound.webhooks.receiver import Receiver, status


@pytest.fixture
def receiver():
    with Receiver({"/bad": [status("500 Oops", body=b"no")]}).in_thread() as receiver:
        yield receiver


def test_webhooks_are_managed_without_a_running_server(deskhand):
    assert "no webhooks yet" in deskhand("webhooks", "list").stderr
    refused = deskhand("webhooks", "add", "http://192.168.1.20:8123/api")
    assert (refused.returncode, "Local receivers" in refused.stderr) == (1, True)
    assert deskhand("webhooks", "allow-local", "192.168.1.20:8123").stdout == "Local receivers: 192.168.1.20:8123\n"
    added = deskhand("webhooks", "add", "http://192.168.1.20:8123/api", "--name", "Home", "--type", "note.written")
    assert added.stdout.startswith("whsec_") and "only once" in added.stderr
    listed = deskhand("webhooks", "list").stdout
    assert "on   Home\n    http://192.168.1.20:8123/api\n    Events: note.written\n" in listed and "whsec_" not in listed
    assert deskhand("webhooks", "disable", "Home").stdout == "Home is off.\n"
    assert deskhand("webhooks", "enable", "http://192.168.1.20:8123/api").stdout == "Home is on.\n"
    assert deskhand("webhooks", "rotate", "Home").stdout not in {"", added.stdout}
    assert deskhand("webhooks", "remove", "Home", "--yes").stdout == "Home was removed.\n"
    assert deskhand("webhooks", "remove", "Home", "--yes").returncode == 1
    assert deskhand("webhooks", "allow-local", "192.168.1.20:8123", "--remove").stdout == "Local receivers: none\n"
    assert deskhand("webhooks", "allow-local", "192.168.1.20:8123", "--remove").returncode == 1


def test_test_and_log_and_replay(deskhand, serve, receiver):
    serve()
    deskhand("webhooks", "allow-local", receiver.listed)
    for name in ("hook", "bad"):
        made = json.loads(deskhand("webhooks", "add", receiver.url(f"/{name}"), "--name", name, "--json").stdout)
        assert made["webhook"]["name"] == name and made["secret"]
    unknown = deskhand("webhooks", "add", receiver.url("/typo"), "--type", "message.creatd")
    assert (unknown.returncode, "message.created" in unknown.stderr) == (2, True)
    done = deskhand("webhooks", "test", "hook")
    assert (done.returncode, "delivered webhook.test to hook" in done.stdout) == (0, True)
    failed = deskhand("webhooks", "test", "bad")
    assert (failed.returncode, "The receiver answered 500." in failed.stdout) == (1, True)
    assert "not delivered yet" in failed.stderr
    [waiting] = json.loads(deskhand("webhooks", "deliveries", "--state", "waiting", "--json").stdout)
    assert waiting["receiver"] == "bad"
    assert "to hook" in deskhand("webhooks", "deliveries", "--webhook", "hook").stdout
    assert deskhand("webhooks", "replay", "1").stdout == "1 to deliver again.\n"
    assert deskhand("webhooks", "replay", "--all").stdout == "0 to deliver again.\n"
    assert deskhand("webhooks", "replay", "--webhook", "bad").stdout == "0 to deliver again.\n"
    assert deskhand("webhooks", "replay").returncode == 2
    assert deskhand("webhooks", "discard").returncode == 2
    assert deskhand("webhooks", "discard", "--webhook", "bad", "--yes").stdout == "0 removed.\n"
    assert deskhand("webhooks", "deliveries", "--state", "dead").stdout == ""


def test_empty_name_is_neither_all_webhooks_nor_one_without_a_name(deskhand, serve, receiver):
    serve()
    deskhand("webhooks", "allow-local", receiver.listed)
    deskhand("webhooks", "add", receiver.url("/bad"))
    for arguments in (
        ("discard", "--yes", "--webhook", ""),
        ("replay", "--webhook", ""),
        ("deliveries", "--webhook", ""),
        ("remove", "--yes", ""),
        ("disable", ""),
    ):
        refused = deskhand("webhooks", *arguments)
        assert (refused.returncode, "There is no webhook" in refused.stderr) == (1, True), arguments


def test_test_needs_a_running_server(deskhand):
    answer = deskhand("webhooks", "test", "hook")
    assert (answer.returncode, "not running" in answer.stderr) == (1, True)
