"""The security scheme of a document: a key, or OAuth tokens. ChatGPT takes one scheme a document."""

from collections.abc import Mapping
from typing import Any

from server.access.oauth.metadata import AUTHORIZE, TOKEN
from server.access.oauth.scopes import describe_scope

KEY = "key"  # what operations declare
SIGN_IN = "sign_in"
WITH_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "The client's key (dh_…), as `Authorization: Bearer`. `X-API-Key` carries it as well.",
}


def name_scheme(
    document: dict[str, Any], operations: list[dict[str, Any]], sign_in_at: str | None, labels: Mapping[str, str]
) -> None:
    """Write the way in into a document, in place.

    `sign_in_at`: the public address whose tokens the client signs in for; None for a key.
    """
    if sign_in_at is None:
        document["components"]["securitySchemes"] = {KEY: WITH_KEY}
        return
    scopes = sorted({scope for operation in operations for scope in needed(operation)})
    flow = {  # https://spec.openapis.org/oas/v3.1.0#oauth-flow-object
        "authorizationUrl": sign_in_at + AUTHORIZE,
        "tokenUrl": sign_in_at + TOKEN,
        "refreshUrl": sign_in_at + TOKEN,
        "scopes": {scope: describe_scope(scope, labels) for scope in scopes},
    }
    words = "The person lets the program in at their computer."
    scheme = {"type": "oauth2", "description": words, "flows": {"authorizationCode": flow}}
    document["components"]["securitySchemes"] = {SIGN_IN: scheme}
    for operation in operations:
        operation["security"] = [{SIGN_IN: needed(operation)}]


def needed(operation: dict[str, Any]) -> list[str]:
    """The scopes that an operation declares."""
    return [scope for way in operation["security"] for scopes in way.values() for scope in scopes]
