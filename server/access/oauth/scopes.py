"""What a scope lets a program do, in words."""

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
    """Say what a scope lets a program do."""
    verb, _, noun = scope.partition(":")
    return WORDS.get(scope) or f"{verb.capitalize()} {noun}".strip()


def describe_scopes(scopes: Collection[str]) -> list[str]:
    """Say what scopes let a program do, one by one."""
    return [describe_scope(scope) for scope in scopes]
