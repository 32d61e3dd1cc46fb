import pytest

from server.access.clients.client import Client
from server.access.oauth.client_names import name_client
from server.access.oauth.models import Kind, Registration
from server.access.oauth.request_context import AuthorizationRequest
from tests.server.access.oauth.programs import HERE, allow_registration, questions, register


def name(program_id, kind, called, client=None):
    return name_client(AuthorizationRequest(Registration(program_id, kind, called), client, HERE, (), ""))


def test_what_nobody_vouches_for_is_told_as_such_wherever_the_person_is_asked(served):
    allow_registration(served)
    program = register(served, client_name="Deskhand")
    program.begin()
    (question,) = questions(served)
    assert question["client"] == "Unknown program, calling itself “Deskhand”"
    assert "Unknown program, calling itself “Deskhand”" in program.browser.look().text


def test_a_document_is_named_by_its_host_first():
    told = name("https://evil.test/chatgpt.com/x", Kind.document, "ChatGPT” of chatgpt.com")
    assert told == 'evil.test, calling itself “ChatGPT" of chatgpt.com”'
    long = name(f"https://chatgpt.com.{'a' * 60}.evil.test/x", Kind.document, "")
    assert long.startswith("…")
    assert long.endswith(".evil.test")
    assert len(long) < 40


def test_a_program_that_the_person_knows_has_the_name_that_they_know():
    assert name("https://x.test/x", Kind.document, "Other", Client("1", "mine", frozenset())) == "mine"


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\u3164", "\U000e0041", "\ufeff", "\u2028", "\x1b"])
def test_what_would_be_unseen_is_spelled_out(unseen):
    told = name("deskhand-1", Kind.registered, f"Desk{unseen}hand")
    assert unseen not in told
    assert f"Desk\\u{ord(unseen):04x}hand" in told


def test_a_long_name_is_cut_and_none_is_none():
    assert len(name("deskhand-1", Kind.registered, "x" * 200)) < 130
    assert name("deskhand-1", Kind.registered, " ") == "Unknown program"
