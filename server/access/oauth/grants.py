"""Authlib's grants with the rules that it leaves open.

Authlib 1.9.8 by itself takes PKCE's method `plain`, lets a method be absent, asks for HTTP Basic when a token is refreshed or
revoked, gives no new refresh token and notices no spent one (RFC 9700, section 4.14).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from server.access.oauth import token_store
from server.access.oauth.authlib_types import Request, Visitor, split
from server.access.oauth.consent import admit
from server.access.oauth.token_store import Held
from server.access.oauth.tokens import CODE, REFRESH, derive, digest, new_secret

if TYPE_CHECKING:
    from server.access.oauth.authorization_server import Authority

METHODS = ["client_secret_basic", "client_secret_post", "none"]
CODE_TWICE = "Its code was used twice."
REFRESH_TWICE = "One of its refresh tokens was used twice."
SIGNED_OUT = "It signed out by itself."
SAID_NO = "The person at this computer said no."


def spell_plainly(text: str) -> str:
    """What RFC 6749 lets stand in an error_description."""
    plain = text.replace('"', "'").replace("\\", "/").encode("ascii", "replace").decode()
    return "".join(char for char in plain if " " <= char <= "~").strip()


class InvalidTargetError(OAuth2Error):
    """RFC 8707."""

    error = "invalid_target"


class Pkce(CodeChallenge):
    """S256, and for everybody but a GPT with a secret."""

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        """Look at the challenge, and at what it is for; what is wrong with either is told to the program."""
        data = grant.request.payload.data
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The code_challenge_method must be S256.")
        if not data.get("code_challenge") and grant.request.client.needs_pkce:
            raise InvalidRequestError("A code_challenge is required.")
        super().validate_code_challenge(grant, redirect_uri)
        grant.request.resource = grant.server.find_resource(grant.request)


class CodeGrant(AuthorizationCodeGrant):
    """Sign-in by a code that a browser brings back."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: "Authority"
    request: Request

    def create_authorization_response(self, redirect_uri: str, grant_user: Any) -> Any:
        if not grant_user:
            raise AccessDeniedError(spell_plainly(f"{SAID_NO} {self.request.denial}"), redirect_uri=redirect_uri)
        return super().create_authorization_response(redirect_uri, grant_user)

    def generate_authorization_code(self) -> str:
        return new_secret(CODE)

    def save_authorization_code(self, code: str, request: Request) -> None:
        server, data = self.server, request.payload.data
        if request.agreed is None:
            raise AccessDeniedError(SAID_NO)
        grant = admit(server.connection, server.terms, request.agreed)
        until = server.terms.after(server.terms.settings.code_seconds)
        challenge = data.get("code_challenge")
        token_store.add_code(server.connection, code, grant, data.get("redirect_uri"), challenge, until)
        server.changed = True

    def query_authorization_code(self, code: str, client: Visitor) -> Held | None:
        """A spent code is looked for before its age is, so that it ends what came of it however late it comes again."""
        found = token_store.find_code(self.server.connection, code)
        if found is None or found.oauth_client != client.registration.id:
            return None
        if found.used_at:
            self.server.end(found.grant, CODE_TWICE)
            return None
        return None if found.is_over(self.server.terms.now) else found

    def validate_token_request(self) -> None:
        super().validate_token_request()
        self.server.check_same_resource(self.request, self.request.authorization_code)

    def delete_authorization_code(self, authorization_code: Held) -> None:
        token_store.spend_code(self.server.connection, authorization_code, self.server.terms.now.isoformat())

    def authenticate_user(self, authorization_code: Held) -> str:  # noqa: ARG002, there is one person
        return "person"


class RefreshGrant(RefreshTokenGrant):
    """A new pair for a refresh token, which is spent by that."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: "Authority"
    request: Request

    def _validate_request_token(self, client: Visitor) -> Any:
        self.request.client = client
        return super()._validate_request_token(client)

    def authenticate_refresh_token(self, refresh_token: str) -> Held | None:
        """One that was spent before is the retry of a lost answer, or stolen."""
        server = self.server
        found = token_store.find_held_token(server.connection, refresh_token)
        if found is None or found.kind != "refresh" or found.oauth_client != self.request.client.registration.id:
            return None
        if found.is_over(server.terms.now):
            return None
        if found.used_at and self._is_reused(found):
            server.end(found.grant, REFRESH_TWICE)
            return None
        lost = found.used_at and found.heir != digest(derive(server.terms.key, REFRESH, refresh_token))
        return None if lost else found  # lost: the key that it was made with is gone

    def _is_reused(self, spent: Held) -> bool:
        """Whether it is too late for a retry. After a start everybody has their time again: the end may have cut answers off."""
        terms = self.server.terms
        since = datetime.fromisoformat(spent.used_at or "")
        late = terms.now - max(since, terms.started or since) > timedelta(seconds=terms.settings.leeway_seconds)
        heir = token_store.find_token(self.server.connection, spent.heir or b"")
        return late or heir is None or heir.used_at is not None

    def _validate_token_scope(self, token: Held) -> None:
        """What is asked for and was not granted is left out."""

    def issue_token(self, user: Any, refresh_token: Held) -> Any:
        granted = split(refresh_token.granted)
        asked = [one for one in split(self.request.payload.scope) if one in granted]
        return self.generate_token(user=user, scope=" ".join(asked or granted), include_refresh_token=True)

    def validate_token_request(self) -> None:
        super().validate_token_request()
        self.server.check_same_resource(self.request, self.request.refresh_token)

    def revoke_old_credential(self, refresh_token: Held) -> None:
        server = self.server
        heir = digest(derive(server.terms.key, REFRESH, self.request.form["refresh_token"]))
        token_store.spend_token(server.connection, refresh_token, heir, server.terms.now.isoformat())

    def authenticate_user(self, refresh_token: Held) -> str:  # noqa: ARG002, there is one person
        return "person"


class Revocation(RevocationEndpoint):
    """Signing out. Hints are passed over, and another program's token is none of its business (RFC 7009, section 2.1)."""

    CLIENT_AUTH_METHODS = METHODS
    server: "Authority"

    def authenticate_token(self, request: Request, client: Visitor) -> Held | None:
        if not request.form.get("token"):
            raise InvalidRequestError("The token is missing.")
        found = token_store.find_held_token(self.server.connection, request.form["token"])
        return found if found and found.oauth_client == client.registration.id else None

    def revoke_token(self, token: Held, request: Request) -> None:  # noqa: ARG002, Authlib's
        self.server.end(token.grant, SIGNED_OUT, told=False)
