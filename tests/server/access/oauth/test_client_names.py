import pytest

from server.access.clients.client import Client
from server.access.oauth.client_names import name_client
from server.access.oauth.models import Kind, Registration
from server.access.oauth.request_context import AuthorizationRequest
from tests.server.access.oauth.programs import HERE, allow_registration, questions, register


def name(program_id, kind, called, client=None):
    return name_client(AuthorizationRequest(Registration(program_id, kind, called), client, HERE, (), ""))


def test_unverified_client_name_is_marked_in_every_prompt(served):
    allow_registration(served)
    program = register(served, client_name="Deskhand")
    program.begin()
    (question,) = questions(served)
    assert question["client"] == "Unknown program, calling itself “Deskhand”"
    assert "Unknown program, calling itself “Deskhand”" in program.browser.look().text


def test_client_with_metadata_is_named_by_its_host_first():
    shown = name("https://evil.test/chatgpt.com/x", Kind.document, "ChatGPT” of chatgpt.com")
    assert shown == 'evil.test, calling itself “ChatGPT" of chatgpt.com”'
    long = name(f"https://chatgpt.com.{'a' * 60}.evil.test/x", Kind.document, "")
    assert long.startswith("…")
    assert long.endswith(".evil.test")
    assert len(long) < 40


def test_known_client_has_its_local_name():
    assert name("https://x.test/x", Kind.document, "Other", Client("1", "mine", frozenset())) == "mine"


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\u3164", "\U000e0041", "\ufeff", "\u2028", "\x1b"])
def test_invisible_characters_of_a_client_name_are_escaped(unseen):
    shown = name("deskhand-1", Kind.registered, f"Desk{unseen}hand")
    assert unseen not in shown
    assert f"Desk\\u{ord(unseen):04x}hand" in shown


def test_long_client_name_is_truncated_and_a_missing_one_stays_empty():
    assert len(name("deskhand-1", Kind.registered, "x" * 200)) < 130
    assert name("deskhand-1", Kind.registered, " ") == "Unknown program"
