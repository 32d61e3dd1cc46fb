"""Google's sign-in: consent, codes with PKCE, access and refresh tokens.

https://developers.google.com/identity/protocols/oauth2/native-app
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from urllib.parse import urlencode

from server.integrations.gmail.fake.google import Account, GoogleError, JsonObject, TimeSource

CLIENT_ID = "1234567890-deskhand.apps.googleusercontent.example.com"
CLIENT_SECRET = "GOCSPX-deskhand-demo"  # noqa: S105, the fake has nothing to protect
CODE_SECONDS = 600
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/[^\s#]*)?")


class OAuthError(Exception):
    """A refusal in the words of RFC 6749."""

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status, self.error, self.description = status, error, description
        super().__init__(description)

    def describe(self) -> JsonObject:
        """Answer the body."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True)
class Consent:
    """The answer on the consent page.

    No `scopes`: all that were asked for; no `account`: the one that was hinted at, or the first.
    """

    account: str = ""
    scopes: frozenset[str] | None = None
    refused: bool = False


@dataclass(frozen=True)
class AuthorizationRequest:
    """A sign-in that an application asks for."""

    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str
    challenge_method: str
    offline: bool
    hint: str


@dataclass(frozen=True)
class Grant:
    """A grant of an account. Tokens of one sign-in share its `id`, and end together."""

    id: str
    account: str
    scopes: tuple[str, ...]


@dataclass
class OAuth:
    """Grants, codes and tokens. Callers hold the fake's lock."""

    accounts: Mapping[str, Account]
    clock: TimeSource
    token_seconds: int = 3599
    codes: dict[str, tuple[AuthorizationRequest, Grant, datetime]] = field(default_factory=dict)
    access_tokens: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    refresh_tokens: dict[str, Grant] = field(default_factory=dict)

    def read_request(self, query: Mapping[str, str]) -> AuthorizationRequest:
        """Understand what an application asks for; what is wrong is shown to the person, never sent back."""
        if query.get("client_id") != CLIENT_ID:
            raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
        if not _LOOPBACK.fullmatch(query.get("redirect_uri", "")):
            raise OAuthError(400, "redirect_uri_mismatch", "A desktop application may only ask to be answered on this computer.")
        if query.get("response_type") != "code":
            raise OAuthError(400, "invalid_request", "The response_type must be code.")
        scopes = tuple(dict.fromkeys(query.get("scope", "").split()))
        if not scopes:
            raise OAuthError(400, "invalid_request", "Missing required parameter: scope")
        if query.get("code_challenge") and query.get("code_challenge_method", "plain") not in {"S256", "plain"}:
            raise OAuthError(400, "invalid_request", "Invalid parameter value for code_challenge_method.")
        return AuthorizationRequest(
            redirect_uri=query["redirect_uri"],
            scopes=scopes,
            state=query.get("state"),
            challenge=query.get("code_challenge", ""),
            challenge_method=query.get("code_challenge_method", "plain"),
            offline=query.get("access_type") == "offline",
            hint=query.get("login_hint", "").casefold(),
        )

    def decide(self, request: AuthorizationRequest, consent: Consent) -> str:
        """Answer where the person's browser goes next."""
        state = {} if request.state is None else {"state": request.state}
        if consent.refused:
            return _extend(request.redirect_uri, state | {"error": "access_denied"})
        chosen = consent.account or (request.hint if request.hint in self.accounts else next(iter(self.accounts)))
        if chosen not in self.accounts:
            raise OAuthError(400, "invalid_request", "There is no such account.")
        scopes = [scope for scope in request.scopes if consent.scopes is None or scope in consent.scopes]
        grant = self._grant(chosen, scopes)
        code = f"4/0A{secrets.token_urlsafe(48)}"
        self.codes[code] = request, grant, self.clock.now() + timedelta(seconds=CODE_SECONDS)
        return _extend(request.redirect_uri, state | {"code": code, "scope": " ".join(grant.scopes)})

    def exchange(self, form: Mapping[str, str]) -> JsonObject:
        """Answer the token endpoint."""
        if form.get("client_id") != CLIENT_ID:
            raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
        if not compare_digest(form.get("client_secret", "").encode(), CLIENT_SECRET.encode()):
            raise OAuthError(401, "invalid_client", "The provided client secret is invalid.")
        if form.get("grant_type") == "authorization_code":
            return self._redeem(form)
        if form.get("grant_type") == "refresh_token":
            grant = self.refresh_tokens.get(form.get("refresh_token", ""))
            if grant is None:
                raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
            return self._issue(grant)
        raise OAuthError(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")

    def mint(self, account: str, scopes: Iterable[str]) -> JsonObject:
        """Sign an account in without asking, and answer its tokens as the token endpoint does."""
        return self._issue(self._grant(account, scopes), offline=True)

    def check(self, authorization: str) -> tuple[str, frozenset[str]]:
        """Answer whose token this is and what it may do."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            challenge = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'}
            raise GoogleError(401, "Request is missing required authentication credential.", "required", headers=challenge)
        grant, ends = self.access_tokens.get(token, (None, self.clock.now()))
        if grant is None or ends <= self.clock.now():
            challenge = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'}
            raise GoogleError(401, headers=challenge)
        return grant.account, frozenset(grant.scopes)

    def revoke(self, token: str) -> None:
        """End the sign-in that a token belongs to."""
        held = self.refresh_tokens.get(token) or self.access_tokens.get(token, (None,))[0]
        if held is None:
            raise OAuthError(400, "invalid_token", "Token expired or revoked")
        self.end(lambda grant: grant.id == held.id)

    def revoke_account(self, account: str) -> None:
        """End every sign-in of an account, as its owner can on Google's pages."""
        self.end(lambda grant: grant.account == account)

    def end(self, ends: Callable[[Grant], bool]) -> None:
        """Forget the tokens of these grants."""
        self.refresh_tokens = {token: grant for token, grant in self.refresh_tokens.items() if not ends(grant)}
        self.access_tokens = {token: held for token, held in self.access_tokens.items() if not ends(held[0])}

    def _redeem(self, form: Mapping[str, str]) -> JsonObject:
        request, grant, ends = self.codes.pop(form.get("code", ""), (None, None, self.clock.now()))
        if request is None or grant is None or ends <= self.clock.now():
            raise OAuthError(400, "invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != request.redirect_uri:
            raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
        proof = form.get("code_verifier", "")
        if request.challenge_method == "S256":
            proof = base64.urlsafe_b64encode(hashlib.sha256(proof.encode()).digest()).rstrip(b"=").decode()
        if request.challenge and not compare_digest(proof.encode(), request.challenge.encode()):
            sentence = "Invalid code verifier." if form.get("code_verifier") else "Missing code verifier."
            raise OAuthError(400, "invalid_grant", sentence)
        return self._issue(grant, offline=request.offline)

    def _grant(self, account: str, scopes: Iterable[str]) -> Grant:
        return Grant(secrets.token_hex(8), account, tuple(dict.fromkeys(scopes)))

    def _issue(self, grant: Grant, *, offline: bool = False) -> JsonObject:
        token = f"ya29.{secrets.token_urlsafe(64)}"
        self.access_tokens[token] = grant, self.clock.now() + timedelta(seconds=self.token_seconds)
        answer: JsonObject = {"access_token": token, "expires_in": self.token_seconds, "token_type": "Bearer"}
        if offline:
            answer["refresh_token"] = f"1//0{secrets.token_urlsafe(48)}"
            self.refresh_tokens[answer["refresh_token"]] = grant
        return answer | {"scope": " ".join(grant.scopes)}


def _extend(address: str, query: Mapping[str, str]) -> str:
    return address + ("&" if "?" in address else "?") + urlencode(query)
