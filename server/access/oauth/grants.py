"""Authlib's grants with the rules that it leaves open.

Authlib 1.9.8 accepts PKCE's method `plain` or none, wants HTTP Basic for refresh and revocation, does not rotate refresh
tokens, and does not detect a reused one (RFC 9700, section 4.14).
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from sqlalchemy import Connection

from server.access.oauth import token_store
from server.access.oauth.authlib_types import AuthlibClient, Request, split
from server.access.oauth.consent import record_consent
from server.access.oauth.metadata import METHODS
from server.access.oauth.request_context import RequestContext
from server.access.oauth.token_store import StoredCode, StoredToken
from server.access.oauth.tokens import CODE, REFRESH, derive
from server.core.credentials import digest, new_secret

PARALLEL_USE = timedelta(minutes=5)  # hosts that refresh in parallel were measured 33 to 76 seconds apart
CODE_TWICE = "Its code was used twice."
REFRESH_TWICE = "One of its refresh tokens was used twice."
SIGNED_OUT = "It signed out by itself."
SAID_NO = "The person at this computer denied it."


class Server(Protocol):
    """The authorization server, as the grants use it."""

    connection: Connection
    context: RequestContext
    changed: bool

    def end(self, grant: str, why: str, *, notify: bool = True) -> None:
        """Revoke a grant with all its tokens."""

    def find_resource(self, request: Request) -> str:
        """Find the resource of a request. Raises InvalidTargetError."""

    def check_same_resource(self, request: Request, held: StoredCode | StoredToken) -> None:
        """Raises InvalidTargetError if a token is requested for another resource than the grant's."""


class InvalidTargetError(OAuth2Error):
    """Unknown resource (RFC 8707)."""

    error = "invalid_target"


class Pkce(CodeChallenge):
    """PKCE with S256, required for all but GPT actions."""

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        """Validate the challenge and the resource."""
        data = grant.request.payload.data
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The code_challenge_method must be S256.")
        if not data.get("code_challenge") and grant.request.client.needs_pkce:
            raise InvalidRequestError("A code_challenge is required.")
        super().validate_code_challenge(grant, redirect_uri)
        grant.request.resource = grant.server.find_resource(grant.request)


class CodeGrant(AuthorizationCodeGrant):
    """Authorization code grant."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: Server
    request: Request

    def create_authorization_response(self, redirect_uri: str, grant_user: Any) -> Any:
        if not grant_user:
            said = f"{SAID_NO} {self.request.denial}".replace('"', "'").replace("\\", "/").encode("ascii", "replace").decode()
            plain = "".join(char for char in said if " " <= char <= "~").strip()  # what RFC 6749 permits in a description
            raise AccessDeniedError(plain, redirect_uri=redirect_uri)
        return super().create_authorization_response(redirect_uri, grant_user)

    def generate_authorization_code(self) -> str:
        return new_secret(CODE)

    def save_authorization_code(self, code: str, request: Request) -> None:
        server, data = self.server, request.payload.data
        if request.agreed is None:
            raise AccessDeniedError(SAID_NO)
        grant = record_consent(server.connection, server.context, request.agreed)
        until = server.context.after(server.context.settings.code_seconds)
        challenge = data.get("code_challenge")
        token_store.add_code(server.connection, code, grant, data.get("redirect_uri"), challenge, until)
        server.changed = True

    def query_authorization_code(self, code: str, client: AuthlibClient) -> StoredCode | None:
        """Find a valid code. A reused one revokes its grant, also after it has expired."""
        stored = token_store.find_code(self.server.connection, code)
        if stored is None or stored.oauth_client != client.registration.id:
            return None
        if stored.used_at:
            self.server.end(stored.grant, CODE_TWICE)
            return None
        return None if stored.is_over(self.server.context.now) else stored

    def validate_token_request(self) -> None:
        super().validate_token_request()
        self.server.check_same_resource(self.request, self.request.authorization_code)

    def delete_authorization_code(self, authorization_code: StoredCode) -> None:
        token_store.spend_code(self.server.connection, authorization_code, self.server.context.now.isoformat())

    def authenticate_user(self, authorization_code: StoredCode) -> str:  # noqa: ARG002, there is one person
        return "person"


class RefreshGrant(RefreshTokenGrant):
    """Refresh token grant with rotation."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: Server
    request: Request

    def _validate_request_token(self, client: AuthlibClient) -> Any:
        self.request.client = client
        return super()._validate_request_token(client)

    def authenticate_refresh_token(self, refresh_token: str) -> StoredToken | None:
        """Find a valid refresh token. A used one is the retry of a lost response, or stolen."""
        server = self.server
        stored = token_store.find_stored_token(server.connection, refresh_token)
        if stored is None or stored.kind != "refresh" or stored.oauth_client != self.request.client.registration.id:
            return None
        if stored.is_over(server.context.now):
            return None
        if stored.used_at and not self._may_retry(stored):
            if self._age(stored) > PARALLEL_USE:
                server.end(stored.grant, REFRESH_TWICE)
            return None
        lost = stored.used_at and stored.successor != digest(derive(server.context.key, REFRESH, refresh_token))
        return None if lost else stored  # lost: the key of its successor is gone

    def _age(self, used: StoredToken) -> timedelta:
        """Time since its use. It restarts with the program, as a stop may cut off responses."""
        context, since = self.server.context, datetime.fromisoformat(used.used_at or "")
        return context.now - max(since, context.started or since)

    def _may_retry(self, used: StoredToken) -> bool:
        """Return whether a used token gets its pair again: soon after its use, while its successor is unused."""
        if self._age(used) > timedelta(seconds=self.server.context.settings.leeway_seconds):
            return False
        successor = token_store.find_token(self.server.connection, used.successor or b"")
        return successor is not None and successor.used_at is None

    def _validate_token_scope(self, token: StoredToken) -> None:
        """Accept any scope: those that were not granted are left out."""

    def issue_token(self, user: Any, refresh_token: StoredToken) -> Any:
        granted = split(refresh_token.granted)
        requested = [name for name in split(self.request.payload.scope) if name in granted]
        return self.generate_token(user=user, scope=" ".join(requested or granted), include_refresh_token=True)

    def validate_token_request(self) -> None:
        super().validate_token_request()
        self.server.check_same_resource(self.request, self.request.refresh_token)

    def revoke_old_credential(self, refresh_token: StoredToken) -> None:
        server = self.server
        successor = digest(derive(server.context.key, REFRESH, self.request.form["refresh_token"]))
        token_store.spend_token(server.connection, refresh_token, successor, server.context.now.isoformat())

    def authenticate_user(self, refresh_token: StoredToken) -> str:  # noqa: ARG002, there is one person
        return "person"


class Revocation(RevocationEndpoint):
    """Token revocation. Hints are ignored, and tokens of other clients are not revoked (RFC 7009, section 2.1)."""

    CLIENT_AUTH_METHODS = METHODS
    server: Server

    def authenticate_token(self, request: Request, client: AuthlibClient) -> StoredToken | None:
        if not request.form.get("token"):
            raise InvalidRequestError("The token is missing.")
        stored = token_store.find_stored_token(self.server.connection, request.form["token"])
        return stored if stored and stored.oauth_client == client.registration.id else None

    def revoke_token(self, token: StoredToken, request: Request) -> None:  # noqa: ARG002, Authlib's
        self.server.end(token.grant, SIGNED_OUT, notify=False)
