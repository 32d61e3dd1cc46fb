"""Authorization server: Authlib's core in one transaction. It imports Authlib, which takes a while."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, InvalidGrantError, InvalidRequestError
from sqlalchemy import Connection

from server.access.clients import store as client_store
from server.access.oauth import store, token_store
from server.access.oauth.authlib_types import AuthlibClient, Request, split
from server.access.oauth.grants import CodeGrant, InvalidTargetError, Pkce, RefreshGrant, Revocation
from server.access.oauth.models import Registration
from server.access.oauth.request_context import AuthorizationRequest, FormParams, OAuthResponse, RequestContext
from server.access.oauth.token_store import StoredCode, StoredToken
from server.access.oauth.tokens import ACCESS, REFRESH, derive
from server.core.credentials import digest, new_secret

WRONG_CLIENT = (
    "The client_id or its secret is wrong or missing. Deskhand shows the id under Access, and can renew the secret there."
)
Work = Callable[[Request], Any]


class RequestServer(AuthorizationServer):
    """Authorization server for one request. An OAuth error is a response, so that what it revoked stays revoked."""

    def __init__(self, connection: Connection, context: RequestContext) -> None:
        super().__init__()
        self.connection, self.context = connection, context
        self.changed = False
        self.ended: str | None = None
        self.register_grant(CodeGrant, [Pkce(required=True)])
        self.register_grant(RefreshGrant)
        self.register_endpoint(Revocation)

    def answer(self, work: Work, method: str, params: FormParams, headers: Mapping[str, str]) -> OAuthResponse:
        """Handle one request."""
        try:
            request = Request(method, f"{self.context.issuer.replace('http://', 'https://', 1)}/", params, headers)
            check_params(request)
            response: OAuthResponse = work(request)
        except OAuth2Error as error:
            response = self.handle_response(*error())
        except (ValueError, TypeError):  # Authlib raises these for unreadable or repeated parameters
            response = self.handle_response(*InvalidRequestError("The request cannot be read.")())
        return replace(response, changed=self.changed, ended=self.ended)

    def authenticate_client(self, request: Request, methods: list[str], endpoint: str = "token") -> Any:
        """Replace Authlib's description, a list of methods, by an actionable one."""
        try:
            return super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            error.description = WRONG_CLIENT
            raise

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Do nothing: there are no listeners."""

    def handle_response(self, status: int, body: Any, headers: Any) -> OAuthResponse:
        headers = dict(headers)
        if "Location" in headers:  # RFC 9207, also for errors
            headers["Location"] = add_params_to_uri(headers["Location"], [("iss", self.context.issuer)])
        return OAuthResponse(status, body, headers)

    def query_client(self, client_id: str) -> AuthlibClient | None:
        registration = store.find_registration(self.connection, client_id)
        if document := self.context.documents.get(client_id):
            registration = merge(registration, document)
        if registration is None:
            return None
        client = client_store.find_client(self.connection, registration.client) if registration.client else None
        return AuthlibClient(registration, client, self.context.scopes)

    def generate_token(self, *_: Any, scope: str | None = None, **__: Any) -> dict[str, Any]:
        return {"token_type": "Bearer", "expires_in": round(self.context.settings.access_seconds), "scope": scope}

    def save_token(self, token: dict[str, Any], request: Request) -> None:
        """Issue tokens; for a refresh token that was used within the leeway, the same ones as the first time."""
        old: StoredToken | None = request.refresh_token
        grant: StoredCode | StoredToken = old or request.authorization_code
        spent = request.form.get("refresh_token", "")
        for kind, prefix in (("access", ACCESS), ("refresh", REFRESH)):
            token[f"{kind}_token"] = derive(self.context.key, prefix, spent) if old else new_secret(prefix)
        if old and old.used_at:
            self._repeat(token)
            return
        settings, add = self.context.settings, token_store.add_token
        access_until, refresh_until = self.context.after(settings.access_seconds), self.context.after(settings.refresh_seconds)
        add(self.connection, token["access_token"], grant.grant, "access", token["scope"], access_until)
        add(self.connection, token["refresh_token"], grant.grant, "refresh", grant.granted, refresh_until)
        self.changed = True

    def _repeat(self, token: dict[str, Any]) -> None:
        """Describe the access token of the first response: its scopes and its remaining time."""
        first = token_store.find_token(self.connection, digest(token["access_token"]))
        if first is None:
            raise InvalidGrantError
        token["scope"] = first.scopes
        left = datetime.fromisoformat(first.expires_at) - self.context.now
        token["expires_in"] = max(0, round(left.total_seconds()))

    def end(self, grant: str, why: str, *, notify: bool = True) -> None:
        """Revoke a grant with all its tokens."""
        if store.end_grant(self.connection, grant, self.context.now.isoformat(), why):
            self.changed = True
            name = store.name_client(self.connection, grant)
            self.ended = f"{name} was signed out. {why}" if notify else None

    def find_resource(self, request: Request) -> str:
        """Find the resource of a request (RFC 8707). Raises InvalidTargetError."""
        requested = request.payload.datalist.get("resource", [])
        resources = {self.context.find_resource(uri) for uri in requested} or {""}
        if len(resources) > 1 or None in resources:
            raise InvalidTargetError("This resource is not here.")
        return resources.pop() or ""

    def check_same_resource(self, request: Request, held: StoredCode | StoredToken) -> None:
        """Raises InvalidTargetError if a token is requested for another resource than the grant's."""
        if request.payload.datalist.get("resource") and self.find_resource(request) != held.resource:
            raise InvalidTargetError("The resource differs from that of the authorization.")


def check_params(request: Request) -> None:
    """Raises InvalidRequestError for ambiguous parameters."""
    if any(len(values) > 1 for name, values in request.payload.datalist.items() if name != "resource"):
        raise InvalidRequestError("A parameter is given twice.")
    if request.headers.get("Authorization") and request.payload.data.get("client_secret"):
        raise InvalidRequestError("The secret is given twice, in the header and in the body.")


def merge(stored: Registration | None, document: Registration) -> Registration:
    """Registration with the current document's fields, and the stored consent."""
    if stored is None:
        return document
    return replace(document, client=stored.client, callbacks=stored.callbacks, created_at=stored.created_at)


def check_request(
    connection: Connection, context: RequestContext, method: str, params: FormParams
) -> OAuthResponse | AuthorizationRequest:
    """Validate an authorization request. Returns the request for the person, or the error."""
    server, valid = RequestServer(connection, context), list[AuthorizationRequest]()

    def validate(request: Request) -> OAuthResponse:
        grant = server.get_consent_grant(request)
        client = request.client
        scopes = split(request.scope)
        valid.append(AuthorizationRequest(client.registration, client.client, grant.redirect_uri, scopes, request.resource))
        return OAuthResponse(200)

    response = server.answer(validate, method, params, {})
    return valid[0] if valid else response


def finish_request(
    connection: Connection, context: RequestContext, params: FormParams, agreed: AuthorizationRequest | None, denial: str
) -> OAuthResponse:
    """Repeat a request after the decision: `agreed` is approved, or it is denied."""
    server = RequestServer(connection, context)

    def finish(request: Request) -> Any:
        request.agreed, request.denial = agreed, denial
        grant = server.get_consent_grant(request)
        return server.create_authorization_response(request, "person" if agreed else None, grant)

    return server.answer(finish, "GET", params, {})


def exchange(connection: Connection, context: RequestContext, params: FormParams, headers: Mapping[str, str]) -> OAuthResponse:
    """Issue tokens for a code or a refresh token."""
    server = RequestServer(connection, context)
    return server.answer(server.create_token_response, "POST", params, headers)


def revoke(connection: Connection, context: RequestContext, params: FormParams, headers: Mapping[str, str]) -> OAuthResponse:
    """Revoke a token's grant (RFC 7009)."""
    server = RequestServer(connection, context)
    return server.answer(partial(server.create_endpoint_response, "revocation"), "POST", params, headers)
