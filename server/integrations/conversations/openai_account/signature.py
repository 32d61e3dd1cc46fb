"""Signature of OpenAI's webhooks, verified by OpenAI's own client: Standard Webhooks.

This module is a server.sdk.webhook_auth.SignatureScheme.
"""

import re
from collections.abc import Collection, Mapping

from server.core.errors import NotAuthenticated
from server.integrations.conversations.adapter.webhooks import verify_webhook
from server.sdk.webhook_auth import SignedRequest

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TIME = re.compile(r"[0-9]{1,11}")
IDENTIFIER = re.compile(r"[!-~]{1,200}")
LONGEST_HEADER = 2000


def read_time(headers: Mapping[str, str]) -> int | None:
    """Return the signing time in seconds since 1970; None if a header is missing or malformed."""
    timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    is_formed = TIME.fullmatch(timestamp) and IDENTIFIER.fullmatch(headers.get(ID, "")) and 0 < len(signature) <= LONGEST_HEADER
    return int(timestamp) if is_formed else None


def is_signed(request: SignedRequest, secrets: Collection[str]) -> bool:
    """Return whether one of the secrets made the signature."""
    return any(is_signed_with(request, secret) for secret in secrets)


def is_signed_with(request: SignedRequest, secret: str) -> bool:
    """Return whether a secret made the signature."""
    try:
        verify_webhook(request.body, request.headers, secret)
    except NotAuthenticated:
        return False
    return True
