"""Random credentials and their hashes: API keys, codes, tokens and client secrets."""

import hashlib
import hmac
import secrets


def new_secret(prefix: str) -> str:
    """Generate a secret of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """SHA-256 is right for 256 random bits; a slow hash is for passwords."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_same(secret: str, hashed: bytes | None) -> bool:
    """Compare a secret with a hash, in constant time."""
    return hashed is not None and hmac.compare_digest(digest(secret), hashed)
