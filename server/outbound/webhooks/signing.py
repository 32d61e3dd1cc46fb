"""Signatures of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime

SECRET_BYTES = 32
PREFIX = "whsec_"


def make_secret() -> str:
    """Make a signing secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(signing_secrets: Iterable[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """Write the headers of an attempt; with two secrets, while one is being replaced, there are two signatures."""
    from standardwebhooks import Webhook

    signatures = [Webhook(secret).sign(message_id, at, body) for secret in signing_secrets]
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp()))}
    return headers | ({"webhook-signature": " ".join(signatures)} if signatures else {})
