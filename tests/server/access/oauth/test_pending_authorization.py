from datetime import UTC, datetime

import pytest

from server.access.oauth.models import Kind, Registration
from server.access.oauth.pending_authorization import PendingAuthorization, describe
from server.access.oauth.request_context import AuthorizationRequest
from tests.server.access.oauth.programs import HERE

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROGRAM = Registration("id", Kind.registered, "Some App", created_at="2026-11-01T00:00:00")


def pend(registration=PROGRAM, callback=HERE, resource="", permissions=("Read email",)):
    request = AuthorizationRequest(registration, None, callback, ("read:mail",), resource)
    return PendingAuthorization("signin-1", b"", "1234", request, (), "https://d.example", NOW, NOW, permissions=permissions)


@pytest.mark.parametrize(("secret_hash", "noted"), [(b"secret", True), (None, False)])
def test_other_loopback_port_is_shown_for_a_confidential_client_only(secret_hash, noted):
    registration = Registration("id", Kind.own, "app", callbacks=("http://127.0.0.1:5000/callback",), secret_hash=secret_hash)
    pending = pend(registration, "http://127.0.0.1:6000/callback")
    assert pending.moved is noted
    assert ("Note" in dict(describe(pending).fields)) is noted


def test_requests_ask_the_same_if_the_person_is_shown_the_same():
    assert pend().asks_the_same(pend())
    others = [pend(callback=HERE + "2"), pend(resource="/mcp"), pend(permissions=("Read email", "Send mail"))]
    assert [other for other in others if pend().asks_the_same(other)] == []


def test_digits_are_not_shown_to_the_person():
    assert "1234" not in str(describe(pend())) + repr(pend())
