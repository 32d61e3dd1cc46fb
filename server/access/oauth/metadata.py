"""Metadata of the authorization server and the protected resources (RFC 8414, RFC 9728)."""

from collections.abc import Collection
from typing import Any

from server.access.oauth.models import OFFLINE, OAuthSettings

AUTHORIZE = "/chatgpt/oauth/authorize"
TOKEN = "/chatgpt/oauth/token"  # noqa: S105, an address
REVOKE = "/chatgpt/oauth/revoke"
REGISTER = "/chatgpt/oauth/register"
SERVER = "/.well-known/oauth-authorization-server"
RESOURCE = "/.well-known/oauth-protected-resource"
METHODS = ["client_secret_basic", "client_secret_post", "none"]
OPEN_TO_PAGES = (SERVER, RESOURCE, TOKEN, REGISTER)  # any web page may read these; they use no cookie


def describe_server(issuer: str, scopes: Collection[str], settings: OAuthSettings) -> dict[str, Any]:
    """Authorization server metadata. `issuer`: the current public address, without a trailing slash."""
    registration = {"registration_endpoint": issuer + REGISTER} if settings.registration_allowed else {}
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE,
        "token_endpoint": issuer + TOKEN,
        "revocation_endpoint": issuer + REVOKE,
        **registration,
        "scopes_supported": [*sorted(scopes), OFFLINE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": settings.documents_allowed,
        "service_documentation": f"{issuer}/docs",
    }


def describe_resource(issuer: str, path: str, scopes: Collection[str]) -> dict[str, Any]:
    """Protected resource metadata. `path`: "" for everything, "/mcp" for the tools."""
    return {
        "resource": issuer + path,
        "authorization_servers": [issuer],
        "scopes_supported": sorted(scopes),
        "bearer_methods_supported": ["header"],
        "resource_name": "Deskhand",
        "resource_documentation": f"{issuer}/docs",
    }


def challenge(issuer: str, resource: str, scope: str, *, wrong: bool) -> str:
    """WWW-Authenticate header of a 401. `wrong`: an invalid credential was sent (RFC 6750, RFC 9728)."""
    parts = ['Bearer realm="Deskhand"', f'resource_metadata="{issuer}{RESOURCE}{resource}"']
    parts += [f'scope="{scope}"'] if scope else []
    parts += ['error="invalid_token"'] if wrong else []
    return ", ".join(parts)
