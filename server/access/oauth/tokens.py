"""Codes, tokens and client secrets: random, stored as SHA-256, with prefixes that secret scanners recognize."""

import hashlib
import hmac
import secrets

ACCESS = "dh_at_"
REFRESH = "dh_rt_"
CODE = "dh_ac_"
CLIENT_SECRET = "dh_cs_"  # noqa: S105, a prefix
CLIENT_ID = "deskhand-"


def new_secret(prefix: str) -> str:
    """Generate a secret of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def new_id() -> str:
    """Generate a client_id of 96 random bits."""
    return CLIENT_ID + secrets.token_hex(12)


def digest(secret: str) -> bytes:
    """SHA-256 is right for 256 random bits; a slow hash is for passwords."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_same(secret: str, hashed: bytes | None) -> bool:
    """Compare a secret with a hash, in constant time."""
    return hashed is not None and hmac.compare_digest(digest(secret), hashed)


def derive(key: bytes, prefix: str, refresh_token: str) -> str:
    """Successor of a refresh token. It is derived, so that a retry gets the same one although only hashes are stored."""
    return prefix + hmac.new(key, f"{prefix}{refresh_token}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
