"""OMI's signature format: v1 over time, uid and body; v2 over the whole request. (OMI's backend, utils/webhook_signing.py.)

This module is a server.sdk.webhook_auth.SignatureScheme.
"""

import hmac
import re
from collections.abc import Collection, Mapping
from urllib.parse import quote, unquote_to_bytes

from server.sdk.webhook_auth import SignedRequest

SIGNATURE, DELIVERY, EVENT = "x-omi-signature", "x-omi-delivery", "x-omi-event"
HEADER = re.compile(r"t=(?P<time>\d{1,12})((,\s*v[12]=[0-9a-f]{64})+)")
VERSION = re.compile(r"v[12]=[0-9a-f]{64}")
LONGEST_HEADER = 1000


def sign_v1(secret: str, time: int, uid: str, body: bytes) -> str:
    """Sign a webhook."""
    return make_hmac(secret, f"{time}.{uid}.".encode() + body)


def sign_v2(secret: str, time: int, request: SignedRequest) -> str:
    """Sign a call."""
    names = (request.headers.get(DELIVERY, ""), request.headers.get(EVENT, ""))
    lines = ("v2", str(time), *names, request.method, canonical_path(request.path), canonical_query(request.query))
    return make_hmac(secret, "".join(f"{line}\n" for line in lines).encode() + request.body)


def is_signed(request: SignedRequest, secrets: Collection[str]) -> bool:
    """Return whether one of the secrets made one of the signatures in the header."""
    time = read_time(request.headers)
    if time is None:
        return False
    signatures = VERSION.findall(request.headers[SIGNATURE])
    uid = dict(read_query(request.query)).get(b"uid", b"").decode("utf-8", "replace")
    expected = ["v1=" + sign_v1(secret, time, uid, request.body) for secret in secrets]
    expected += ["v2=" + sign_v2(secret, time, request) for secret in secrets]
    return any(hmac.compare_digest(signature, right) for signature in signatures for right in expected)


def read_time(headers: Mapping[str, str]) -> int | None:
    """Return the signing time in seconds since 1970; None if the header is not in OMI's format."""
    header = headers.get(SIGNATURE, "")
    match = HEADER.fullmatch(header) if len(header) <= LONGEST_HEADER else None
    return int(match["time"]) if match else None


def make_hmac(secret: str, message: bytes) -> str:
    """Return the HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), message, "sha256").hexdigest()


def canonical_path(path: bytes) -> str:
    """Spell each segment of a path in one way."""
    return "/".join(percent_encode(unquote_to_bytes(part)) for part in path.split(b"/")) or "/"


def canonical_query(query: bytes) -> str:
    """Spell a query in one way and order."""
    pairs = [(percent_encode(name), percent_encode(value)) for name, value in read_query(query)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs, key=lambda pair: pair[0]))


def read_query(query: bytes) -> list[tuple[bytes, bytes]]:
    """Decode the pairs of a query. (`parse_qsl` of bytes fails for what is not ASCII.)"""
    pairs = (part.partition(b"=") for part in query.replace(b"+", b" ").split(b"&") if part)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def percent_encode(value: bytes) -> str:
    """Percent-encode all but letters, digits and -._~ ."""
    return quote(value, safe="")
