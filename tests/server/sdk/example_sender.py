"""A service that signs with HMAC-SHA256 over time and body, as most do."""

import hmac
from collections.abc import Collection, Mapping

from server.sdk.webhook_auth import SignedRequest


def sign(secret: str, time: int, body: bytes) -> dict[str, str]:
    """Make the headers of a signed request."""
    return {"x-time": str(time), "x-signature": hmac.new(secret.encode(), b"%d." % time + body, "sha256").hexdigest()}


def read_time(headers: Mapping[str, str]) -> int | None:
    """Return the signing time."""
    text = headers.get("x-time", "")
    return int(text) if text.isdecimal() else None


def is_signed(request: SignedRequest, secrets: Collection[str]) -> bool:
    """Verify the signature."""
    time, given = int(request.headers["x-time"]), request.headers.get("x-signature", "")
    return any(hmac.compare_digest(given, sign(secret, time, request.body)["x-signature"]) for secret in secrets)
