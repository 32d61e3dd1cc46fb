"""The authorization server itself: Authlib's core over one transaction. Whatever imports this waits for Authlib."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, InvalidGrantError, InvalidRequestError
from sqlalchemy import Connection

from server.access.clients import store as kept_clients
from server.access.oauth import store, token_store
from server.access.oauth.authlib_types import Request, Visitor, split
from server.access.oauth.grants import CodeGrant, InvalidTargetError, Pkce, RefreshGrant, Revocation
from server.access.oauth.models import Registration
from server.access.oauth.request_context import Answer, Asked, Pairs, Terms
from server.access.oauth.token_store import Held
from server.access.oauth.tokens import ACCESS, REFRESH, derive, digest, new_secret

WRONG_CLIENT = (
    "The client_id or its secret is wrong or missing. Deskhand shows the id under Access, and can renew the secret there."
)
Work = Callable[[Request], Any]


class Authority(AuthorizationServer):
    """One request's authorization server. An error of OAuth is an answer, so that what it ended stays ended."""

    def __init__(self, connection: Connection, terms: Terms) -> None:
        super().__init__()
        self.connection, self.terms = connection, terms
        self.changed = False
        self.ended: str | None = None
        self.register_grant(CodeGrant, [Pkce(required=True)])
        self.register_grant(RefreshGrant)
        self.register_endpoint(Revocation)

    def answer(self, work: Work, method: str, pairs: Pairs, headers: Mapping[str, str]) -> Answer:
        """Do one request's work."""
        try:
            request = Request(method, f"{self.terms.issuer.replace('http://', 'https://', 1)}/", pairs, headers)
            check_form(request)
            found: Answer = work(request)
        except OAuth2Error as error:
            found = self.handle_response(*error())
        except (ValueError, TypeError):  # Authlib's, of what it cannot read and of what it would not repeat
            found = self.handle_response(*InvalidRequestError("The request cannot be read.")())
        return replace(found, changed=self.changed, ended=self.ended)

    def authenticate_client(self, request: Request, methods: list[str], endpoint: str = "token") -> Any:
        """Authlib says which methods there are, which tells nobody what to do."""
        try:
            return super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            error.description = WRONG_CLIENT
            raise

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        told = dict(headers)
        if "Location" in told:  # RFC 9207, of errors too
            told["Location"] = add_params_to_uri(told["Location"], [("iss", self.terms.issuer)])
        return Answer(status, body, told)

    def query_client(self, client_id: str) -> Visitor | None:
        registration = store.find_registration(self.connection, client_id)
        if document := self.terms.documents.get(client_id):
            registration = merge(registration, document)
        if registration is None:
            return None
        client = kept_clients.find_client(self.connection, registration.client) if registration.client else None
        return Visitor(registration, client, self.terms.scopes)

    def generate_token(self, *_: Any, scope: str | None = None, **__: Any) -> dict[str, Any]:
        return {"token_type": "Bearer", "expires_in": round(self.terms.settings.access_seconds), "scope": scope}

    def save_token(self, token: dict[str, Any], request: Request) -> None:
        """Give a pair; for a refresh token that was spent within the leeway, the very same one as the first time."""
        old: Held | None = request.refresh_token
        grant: Held = old or request.authorization_code
        spent = request.form.get("refresh_token", "")
        for kind, prefix in (("access", ACCESS), ("refresh", REFRESH)):
            token[f"{kind}_token"] = derive(self.terms.key, prefix, spent) if old else new_secret(prefix)
        if old and old.used_at:
            self._tell_first(token)
            return
        settings, add = self.terms.settings, token_store.add_token
        access_until, refresh_until = self.terms.after(settings.access_seconds), self.terms.after(settings.refresh_seconds)
        add(self.connection, token["access_token"], grant.grant, "access", token["scope"], access_until)
        add(self.connection, token["refresh_token"], grant.grant, "refresh", grant.granted, refresh_until)
        self.changed = True

    def _tell_first(self, token: dict[str, Any]) -> None:
        """Say of the first answer's access token what was said then, and how long it lives still."""
        first = token_store.find_token(self.connection, digest(token["access_token"]))
        if first is None:
            raise InvalidGrantError
        token["scope"] = first.scopes
        left = datetime.fromisoformat(first.expires_at) - self.terms.now
        token["expires_in"] = max(0, round(left.total_seconds()))

    def end(self, grant: str, why: str, *, told: bool = True) -> None:
        """End what the person let a program do, with all tokens that came of it."""
        if store.end_grant(self.connection, grant, self.terms.now.isoformat(), why):
            self.changed = True
            name = store.name_client(self.connection, grant)
            self.ended = f"{name} was signed out. {why}" if told else None

    def find_resource(self, request: Request) -> str:
        """What a request is for. Raises InvalidTargetError."""
        wanted = request.payload.datalist.get("resource", [])
        found = {self.terms.find_resource(one) for one in wanted} or {""}
        if len(found) > 1 or None in found:
            raise InvalidTargetError("This resource is not here.")
        return found.pop() or ""

    def check_same_resource(self, request: Request, held: Held) -> None:
        """Raises InvalidTargetError where a program wants its token for something else than it was let in for."""
        if request.payload.datalist.get("resource") and self.find_resource(request) != held.resource:
            raise InvalidTargetError("The resource differs from that of the authorization.")


def check_form(request: Request) -> None:
    """Raises InvalidRequestError for what two programs could read in two ways."""
    if any(len(values) > 1 for name, values in request.payload.datalist.items() if name != "resource"):
        raise InvalidRequestError("A parameter is given twice.")
    if request.headers.get("Authorization") and request.payload.data.get("client_secret"):
        raise InvalidRequestError("The secret is given twice, in the header and in the body.")


def merge(kept: Registration | None, document: Registration) -> Registration:
    """A program as its document has it now, with what is kept of it."""
    if kept is None:
        return document
    return replace(document, client=kept.client, callbacks=kept.callbacks, created_at=kept.created_at)


def check_request(connection: Connection, terms: Terms, method: str, pairs: Pairs) -> Answer | Asked:
    """Look at a request for sign-in: what the person is to be asked, or why they are not."""
    authority, found = Authority(connection, terms), list[Asked]()

    def look(request: Request) -> Answer:
        grant = authority.get_consent_grant(request)
        client = request.client
        found.append(Asked(client.registration, client.client, grant.redirect_uri, split(request.scope), request.resource))
        return Answer(200)

    answer = authority.answer(look, method, pairs, {})
    return found[0] if found else answer


def finish_request(connection: Connection, terms: Terms, pairs: Pairs, agreed: Asked | None, denial: str) -> Answer:
    """Play a request again, now that the person has said yes to `agreed`, or no."""
    authority = Authority(connection, terms)

    def finish(request: Request) -> Any:
        request.agreed, request.denial = agreed, denial
        grant = authority.get_consent_grant(request)
        return authority.create_authorization_response(request, "person" if agreed else None, grant)

    return authority.answer(finish, "GET", pairs, {})


def exchange(connection: Connection, terms: Terms, pairs: Pairs, headers: Mapping[str, str]) -> Answer:
    """Give tokens for a code or a refresh token."""
    authority = Authority(connection, terms)
    return authority.answer(authority.create_token_response, "POST", pairs, headers)


def revoke(connection: Connection, terms: Terms, pairs: Pairs, headers: Mapping[str, str]) -> Answer:
    """Sign a program out."""
    authority = Authority(connection, terms)

    def sign_out(request: Request) -> Any:
        return authority.create_endpoint_response("revocation", request)

    return authority.answer(sign_out, "POST", pairs, headers)
