"""Prefixes of codes, tokens and client secrets, which secret scanners recognize, and what is derived from tokens."""

import hashlib
import hmac
import secrets

ACCESS = "dh_at_"
REFRESH = "dh_rt_"
CODE = "dh_ac_"
CLIENT_SECRET = "dh_cs_"  # noqa: S105, a prefix
CLIENT_ID = "deskhand-"


def new_id() -> str:
    """Generate a client_id of 96 random bits."""
    return CLIENT_ID + secrets.token_hex(12)


def derive(key: bytes, prefix: str, refresh_token: str) -> str:
    """Successor of a refresh token. It is derived, so that a retry gets the same one although only hashes are stored."""
    return prefix + hmac.new(key, f"{prefix}{refresh_token}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
