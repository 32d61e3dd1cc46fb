"""Codes, tokens and client secrets: random, told once, kept as SHA-256, and recognisable where one leaks."""

import hashlib
import hmac
import secrets

ACCESS = "dh_at_"
REFRESH = "dh_rt_"
CODE = "dh_ac_"
CLIENT_SECRET = "dh_cs_"  # noqa: S105, what one begins with
CLIENT_ID = "deskhand-"


def new_secret(prefix: str) -> str:
    """Make one of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def new_id() -> str:
    """Make a client_id. It is no secret, but nobody guesses it either."""
    return CLIENT_ID + secrets.token_hex(12)


def digest(secret: str) -> bytes:
    """SHA-256 is right for 256 random bits; a slow hash is for passwords."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_same(secret: str, kept: bytes | None) -> bool:
    """Compare a secret with the hash of one, in the same time whatever they are."""
    return kept is not None and hmac.compare_digest(digest(secret), kept)


def derive(key: bytes, prefix: str, refresh_token: str) -> str:
    """The heir of a refresh token. Who asks twice gets the very same one, though nothing but hashes is kept."""
    return prefix + hmac.new(key, f"{prefix}{refresh_token}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
