"""Signature of deliveries to /webhook/chatgpt: HMAC-SHA256 over the time, a dot and the raw body, as sha256=<hex>.

This module is a server.sdk.webhook_auth.SignatureScheme. The time may be in seconds, or in milliseconds as JavaScript has it.
"""

import hmac
import re
from collections.abc import Collection, Mapping

from server.sdk.webhook_auth import SignedRequest

SIGNATURE, TIMESTAMP, EVENT = "x-webhook-signature", "x-webhook-timestamp", "x-event-type"
HEADER = re.compile(r"sha256=([0-9a-f]{64})")
TIME = re.compile(r"[0-9]{1,13}")
SECONDS_DIGITS = 11  # a longer number is in milliseconds


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a body that is sent with this timestamp."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()


def read_time(headers: Mapping[str, str]) -> int | None:
    """Return the signing time in seconds since 1970; None if a header is missing or not in this format."""
    timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not TIME.fullmatch(timestamp) or not HEADER.fullmatch(signature.lower()):
        return None
    return int(timestamp) if len(timestamp) <= SECONDS_DIGITS else int(timestamp) // 1000


def is_signed(request: SignedRequest, secrets: Collection[str]) -> bool:
    """Return whether one of the secrets made the signature."""
    signature, timestamp = request.headers.get(SIGNATURE, "").lower(), request.headers.get(TIMESTAMP, "")
    return any(hmac.compare_digest(signature.encode(), sign(secret, timestamp, request.body).encode()) for secret in secrets)
