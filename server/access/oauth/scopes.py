"""Labels of scopes, as consent pages, documents and approval requests show them."""

from collections.abc import Mapping

from server.access.oauth.models import OFFLINE

OFFLINE_LABEL = "Stay signed in"


def describe_scope(scope: str, labels: Mapping[str, str]) -> str:
    """Label a scope. `labels`: those of the integrations; another scope is labelled by its own words."""
    verb, _, noun = scope.partition(":")
    return OFFLINE_LABEL if scope == OFFLINE else labels.get(scope) or f"{verb.capitalize()} {noun}".strip()
