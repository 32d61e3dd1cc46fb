"""How OMI signs: v1 over time, uid and body; v2 over the whole request. (OMI's backend, utils/webhook_signing.py.)"""

import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

HEADER = re.compile(r"t=(?P<time>\d{1,12})((,\s*v[12]=[0-9a-f]{64})+)")
VERSION = re.compile(r"(v[12])=([0-9a-f]{64})")
LONGEST_HEADER = 1000


@dataclass(frozen=True)
class Letter:
    """What a signature is about. `path` and `query` as they stand in the request; `delivery`, `event`: from its headers."""

    body: bytes
    method: str = "POST"
    path: bytes = b"/"
    query: bytes = b""
    delivery: str = ""
    event: str = ""


def sign_v1(secret: str, time: int, uid: str, body: bytes) -> str:
    """Sign a webhook."""
    return make_hmac(secret, f"{time}.{uid}.".encode() + body)


def sign_v2(secret: str, time: int, letter: Letter) -> str:
    """Sign a call."""
    lines = ("v2", str(time), letter.delivery, letter.event, letter.method, write_path(letter.path), write_query(letter.query))
    return make_hmac(secret, "".join(f"{line}\n" for line in lines).encode() + letter.body)


def is_signed(header: str, secrets: Collection[str], letter: Letter, now: float, tolerance: float) -> bool:
    """Whether one of these secrets made a signature of this letter, not too long ago."""
    time = read_time(header)
    if time is None or abs(now - time) > tolerance:
        return False
    expected = set(list_signatures(secrets, time, letter))
    told = VERSION.findall(header)
    return any(hmac.compare_digest("=".join(one), right) for one in told for right in expected)


def read_time(header: str) -> int | None:
    """When a header says that it was signed; None for what is no header of OMI's."""
    found = HEADER.fullmatch(header) if len(header) <= LONGEST_HEADER else None
    return int(found["time"]) if found else None


def list_signatures(secrets: Iterable[str], time: int, letter: Letter) -> Iterable[str]:
    """What a right signature looks like, for each secret and version."""
    uid = dict(read_query(letter.query)).get(b"uid", b"").decode("utf-8", "replace")
    for secret in secrets:
        yield "v1=" + sign_v1(secret, time, uid, letter.body)
        yield "v2=" + sign_v2(secret, time, letter)


def make_hmac(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), message, "sha256").hexdigest()


def write_path(path: bytes) -> str:
    """A path with each part spelled in the one way."""
    return "/".join(spell(unquote_to_bytes(part)) for part in path.split(b"/")) or "/"


def write_query(query: bytes) -> str:
    """A query in its one spelling and order."""
    pairs = [(spell(name), spell(value)) for name, value in read_query(query)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs, key=lambda pair: pair[0]))


def read_query(query: bytes) -> list[tuple[bytes, bytes]]:
    """The pairs of a query, decoded. (`parse_qsl` of bytes stumbles over all that is not ASCII.)"""
    pairs = (part.partition(b"=") for part in query.replace(b"+", b" ").split(b"&") if part)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def spell(value: bytes) -> str:
    """Percent-encode all but letters, digits and -._~ ."""
    return quote(value, safe="")
