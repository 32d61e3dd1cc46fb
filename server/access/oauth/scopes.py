"""Labels of scopes."""

from collections.abc import Collection

from server.access.oauth.models import OFFLINE

WORDS = {
    "read:mail": "Read your mail",
    "write:mail": "Write, send and sort your mail",
    "read:apps": "See which of your listed programs run",
    "control:apps": "Start and stop your listed programs",
    "read:memories": "Read what your OMI wearable heard",
    "write:memories": "Add to what your OMI wearable heard, and delete from it",
    OFFLINE: "Stay signed in",
}


def describe_scope(scope: str) -> str:
    """Label of a scope."""
    verb, _, noun = scope.partition(":")
    return WORDS.get(scope) or f"{verb.capitalize()} {noun}".strip()


def describe_scopes(scopes: Collection[str]) -> list[str]:
    """Labels of scopes."""
    return [describe_scope(scope) for scope in scopes]
