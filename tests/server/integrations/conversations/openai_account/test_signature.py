"""Signatures of OpenAI's webhooks."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from server.integrations.conversations.openai_account.signature import is_signed, read_time
from server.sdk.webhook_auth import SignedRequest

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes ...").decode()
BODY = b'{"type": "response.completed", "data": {"id": "resp_1"}}'


def make_headers(body=BODY, secret=SECRET):
    now = datetime.now(UTC)  # the library takes only what is five minutes old at most
    signature = Webhook(secret).sign("evt_1", now, body.decode())
    return {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


def test_signature_of_standard_webhooks_is_right():
    request = SignedRequest(BODY, headers=make_headers())
    assert read_time(request.headers) == int(request.headers["webhook-timestamp"])
    assert is_signed(request, [SECRET])
    assert is_signed(request, ["whsec_" + base64.b64encode(b"other").decode(), SECRET])


@pytest.mark.parametrize("body", [BODY + b" ", b"", b"\xff\xfe"])
def test_other_body_is_not_signed(body):
    assert not is_signed(SignedRequest(body, headers=make_headers()), [SECRET])


def test_other_secret_does_not_fit():
    request = SignedRequest(BODY, headers=make_headers())
    for secret in ("whsec_" + base64.b64encode(b"other").decode(), "whsec_no base64", ""):
        assert not is_signed(request, [secret])


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1.5"},
        {"webhook-timestamp": "-5"},
        {"webhook-id": ""},
        {"webhook-id": "x" * 201},
        {"webhook-signature": ""},
        {"webhook-signature": "v1," + "x" * 3000},
    ],
)
def test_malformed_header_has_no_time(changed):
    assert read_time({**make_headers(), **changed}) is None
