"""`deskhand omi` against a running server."""

import json
from urllib.parse import urlsplit

import click.testing
import pytest

from server.commandline.client import connect
from server.integrations.omi.commands import omi

TALK = {
    "id": "c-1",
    "created_at": "2026-11-20T22:35:45+00:00",
    "structured": {"title": "Timeline talk"},
    "transcript_segments": [],
}


@pytest.fixture
def served(serve):
    return serve()


@pytest.fixture
def run(served):
    def run(*arguments: str, typed: str | None = None) -> click.testing.Result:
        return click.testing.CliRunner().invoke(omi, [*arguments, "--data-dir", str(served.data)], input=typed, obj=connect)

    return run


def deliver(served, address: str) -> int:
    return served.call("POST", f"{urlsplit(address).path}?uid=alex", "", json=TALK).status_code


def test_address_is_made_on_demand_only(served, run):
    none = run("address")
    assert (none.exit_code, "deskhand omi address --new" in str(none.exception)) == (1, True)
    made = run("address", "--new")
    assert "Memory Creation Webhook" in made.stdout
    assert "tunnel on" in made.stderr
    first = json.loads(run("address", "--json").stdout)["memory"]
    assert first in made.stdout
    assert deliver(served, first) == 200
    assert run("address", "--new", typed="n\n").exit_code == 1
    assert json.loads(run("address", "--new", "--json", "--yes").stdout)["memory"] != first
    assert deliver(served, first) == 404


def test_secret_is_read_from_stdin_and_never_shown(served, run):
    address = json.loads(run("address", "--new", "--json").stdout)["memory"]
    stored = run("secret", typed="whsec_of-the-test\n")
    assert stored.exit_code == 0
    assert deliver(served, address) == 401
    assert "Signatures: asked for" in run("status").stdout
    assert run("secret", typed="whsec_another-one\n").exit_code == 0
    assert "the previous secret works until" in run("status").stdout
    output = stored.output + run("status").output + run("status", "--json").output
    assert "whsec_" not in output
    assert run("secret", "--remove", "--yes").exit_code == 0
    assert "Signatures: not asked for" in run("status").stdout
    assert deliver(served, address) == 200


def test_status_lists_arrivals_and_accounts(served, run):
    assert "Nothing has arrived yet." in run("status").stdout
    address = json.loads(run("address", "--new", "--json").stdout)["memory"]
    deliver(served, address)
    waiting = run("status").stdout
    assert "alex: needs your approval, 1 on hold: deskhand approvals approve omi-" in waiting
    (question,) = served.person("GET", "/api/approvals").json()
    served.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": "once"})
    output = run("status").stdout
    assert "alex  Timeline talk" in output
    assert "alex: accepted, 1 conversations" in output


def test_forget_asks_first(served, run):
    deliver(served, json.loads(run("address", "--new", "--json").stdout)["memory"])
    assert run("forget", "alex", typed="n\n").exit_code == 1
    assert "alex" in run("status").stdout
    assert run("forget", "alex", typed="y\n").exit_code == 0
    assert "alex" not in run("status").stdout
    assert run("forget", "alex", "--yes").exit_code == 1
