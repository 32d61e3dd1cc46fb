"""OAuth with an upstream server, by the SDK's client: tokens for a session, and the person's sign-in."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, OAuthFlowError, OAuthRegistrationError, OAuthTokenError
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.auth.utils import extract_field_from_www_auth
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthMetadata, OAuthToken, ProtectedResourceMetadata

from server.core.errors import Conflict, DeskhandError, UpstreamFailed
from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.adapter.errors import clean_message
from server.integrations.tools.adapter.http import make_client
from server.integrations.tools.models import Connection, OAuthClient, Transport
from server.integrations.tools.sign_in.pending import Pending
from server.integrations.tools.sign_in.sign_in import Refusal, SignIn
from server.integrations.tools.sign_in.stored import Grant
from server.sdk.oauth_http import SignInHttp

if TYPE_CHECKING:
    from mcp.client.auth.oauth2 import OAuthContext

PROTOCOL = "mcp-protocol-version"
PROTOCOL_OF_PROBE = "2025-11-25"
PLACEHOLDER = "http://127.0.0.1/"  # redirect URI of flows without a browser
GRANTS = ["authorization_code", "refresh_token"]
SECRET_METHODS = ("client_secret_basic", "client_secret_post")
FOR_NOW = "its authorization server does not answer just now."
UNREADABLE = "its authorization server answered in a way that Deskhand cannot read."
UNREADABLE_ANSWER = (OAuthFlowError, ValueError, ArithmeticError, LookupError, TypeError)
NO_PKCE = "its authorization server does not support PKCE with S256, which keeps others from using the sign-in."
LONGEST_REASON = 300  # characters of what another server says
NOT_ASKED = "“{title}” does not ask for a sign-in."
FAILED = "The sign-in at “{title}” failed: {reason}"
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (
        OAuthRegistrationError,
        "it does not accept Deskhand as a client. It may need a client id, in “oauth” of its configuration.",
    ),
    (OAuthTokenError, "its authorization server did not issue a token."),
)

logging.getLogger("mcp.client.auth.oauth2").disabled = True  # it logs states, and what authorization servers answer


class FlowStorage:
    """Storage that the SDK uses in one flow. `save`: called with every new token."""

    def __init__(self, tokens: OAuthToken | None, client: OAuthClientInformationFull | None) -> None:
        self._tokens, self.client = tokens, client
        self.save: Callable[[OAuthToken], Awaitable[None]] | None = None
        self.registered: Callable[[OAuthClientInformationFull], None] | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self._tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._tokens = tokens
        if self.save:
            await self.save(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info
        if self.registered:
            self.registered(client_info)


class Flow:
    """Flows of the SDK's provider with one server, whose results become the grant. `pending`: the person takes part."""

    def __init__(self, url: str, client: OAuthClient, sign_in: SignIn, pending: Pending | None = None) -> None:
        self._client, self._sign_in, self._pending = client, sign_in, pending
        self._http = SignInHttp(url)
        grant = sign_in.grant
        self._redirect_uri = pending.redirect_uri if pending else (grant.redirect_uri if grant else "") or PLACEHOLDER
        tokens = OAuthToken.model_validate(grant.tokens) if grant else None
        self._storage = FlowStorage(tokens, self._choose_client(grant))
        self._storage.save, self._storage.registered = self._save, self._note_registration
        self.provider = self._make_provider(url)
        if grant:
            restore(self.context, grant)

    @property
    def context(self) -> "OAuthContext":
        return self.provider.context

    @property
    def token(self) -> str:
        """The access token, unless it has expired."""
        tokens = self.context.current_tokens
        return tokens.access_token if tokens and self.context.is_token_valid() else ""

    def _make_provider(self, url: str) -> OAuthClientProvider:
        client, resource = self._client, url.partition("?")[0]  # a query may hold secrets
        if client.machine:
            return ClientCredentialsOAuthProvider(
                resource, self._storage, client.client_id, client.client_secret, scope=client.scope or None, issuer=client.issuer
            )
        metadata = OAuthClientMetadata.model_validate(
            {"client_name": "Deskhand", "redirect_uris": [self._redirect_uri], "grant_types": GRANTS}
        )
        return OAuthClientProvider(
            resource,
            metadata,
            self._storage,
            self._open_page,
            self._wait_for_browser,
            client_metadata_url=client.metadata_url or None,
        )

    def _choose_client(self, grant: Grant | None) -> OAuthClientInformationFull | None:
        """Choose the client: the one in the configuration, else the one that was registered with this redirect URI."""
        own, registration = self._client, self._sign_in.registration
        if own.client_id:
            described = {
                "client_id": own.client_id,
                "client_secret": own.client_secret or None,
                "token_endpoint_auth_method": SECRET_METHODS[0] if own.client_secret else "none",
                "redirect_uris": [self._redirect_uri],
                "issuer": own.issuer or (grant.issuer if grant else "") or None,
            }
            return OAuthClientInformationFull.model_validate(described)
        if registration and registration[0] == self._redirect_uri:
            return OAuthClientInformationFull.model_validate(registration[1])
        if grant and grant.redirect_uri == self._redirect_uri:
            return OAuthClientInformationFull.model_validate(grant.client)
        return None

    def _note_registration(self, client: OAuthClientInformationFull) -> None:
        self._sign_in.registration = self._redirect_uri, client.model_dump(mode="json", exclude_none=True)

    async def _save(self, tokens: OAuthToken) -> None:
        context = self.context
        await self._sign_in.save(
            Grant(
                binding=self._sign_in.binding,
                redirect_uri=self._redirect_uri,
                issuer=context.auth_server_url or "",
                ends=context.token_expiry_time,
                tokens=dump(tokens) or {},
                client=dump(context.client_info) or {},
                authorization_server=dump(context.oauth_metadata),
                resource=dump(context.protected_resource_metadata),
            )
        )

    async def _open_page(self, address: str) -> None:
        if self._pending is None:
            raise OAuthFlowError
        server = self.context.oauth_metadata
        methods = server.code_challenge_methods_supported if server else None
        if methods is not None and "S256" not in methods:  # servers that name none may support it
            raise UpstreamFailed(NO_PKCE)
        choose_method(self.context)
        await self._pending.open(address)

    async def _wait_for_browser(self) -> AuthorizationCodeResult:
        if self._pending is None:
            raise OAuthFlowError
        answer = await self._pending.wait()
        return AuthorizationCodeResult(code=answer.code, state=answer.state, iss=answer.issuer)

    async def run(self, refusal: Refusal | None = None) -> None:
        """Refresh the token if it has expired; then obtain one that a refusal asks for.

        Raises an error of ours, whose sentence is the reason of a failure.
        """
        protocol = refusal.protocol if refusal else PROTOCOL_OF_PROBE
        request = httpx2.Request("POST", self.context.server_url, headers={PROTOCOL: protocol} if protocol else {})
        flow = self.provider.async_auth_flow(request)
        try:
            await self._send_until(flow, await anext(flow), request, refreshing=True)
            if refusal:
                await self._send_until(flow, await flow.asend(self._make_response(refusal, request)), request)
        except StopAsyncIteration:
            pass
        except UNREADABLE_ANSWER as error:
            raise UpstreamFailed(name_reason(error)) from error
        finally:
            await flow.aclose()

    async def _send_until(
        self, flow: AsyncGenerator[httpx2.Request, httpx2.Response], outgoing: Any, request: Any, *, refreshing: bool = False
    ) -> None:
        while outgoing is not request:
            response = await self._http.send(outgoing)
            if refreshing and (response.is_server_error or response.status_code == httpx2.codes.TOO_MANY_REQUESTS):
                raise UpstreamFailed(FOR_NOW)  # the SDK would give the refresh token up
            outgoing = await flow.asend(response)

    def _make_response(self, refusal: Refusal, request: httpx2.Request) -> httpx2.Response:
        challenge = refusal.challenge
        if self._client.scope:  # the SDK reads the first scope
            challenge = f'Bearer scope="{self._client.scope}", {challenge}'
        return httpx2.Response(refusal.status, headers={"WWW-Authenticate": challenge}, content=b"", request=request)


class SessionAuth(httpx2.Auth):
    """Authenticates the requests of a session with what was granted; the person takes no part.

    The SDK's provider would hold its lock until a request is answered, so that calls waited for each other; here it is held
    while a token is renewed only.
    """

    def __init__(self, url: str, client: OAuthClient, sign_in: SignIn) -> None:
        self._url, self._client, self._sign_in = httpx2.URL(url), client, sign_in
        self._flow: Flow | None = None
        self._lock = asyncio.Lock()
        self._given_up = ""  # refresh token that was refused
        self._renewals: set[asyncio.Task[str]] = set()

    @property
    def sign_in(self) -> SignIn:
        return self._sign_in

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        if read_origin(request.url) != read_origin(self._url):
            yield request  # a token is for its server only
            return
        token = await self._get_token()
        response = yield authenticate(request, token)
        refusal = read_refusal(response)
        problem = ""
        if refusal and self._may_renew(refusal):
            try:
                renewed = await self._renew(token, refusal)
            except DeskhandError as error:
                renewed, problem = "", error.detail
            if renewed:
                response = yield authenticate(request, renewed)
                refusal = read_refusal(response)
        if refusal:
            self._sign_in.note_refusal(refusal, problem)
        elif response.is_success:
            self._sign_in.note_success()

    def _may_renew(self, refusal: Refusal) -> bool:
        if self._client.machine:
            return True
        return refusal.status == httpx2.codes.UNAUTHORIZED and self._has_refresh_token()

    def _has_refresh_token(self) -> bool:
        grant = self._sign_in.grant
        return grant is not None and grant.tokens.get("refresh_token", "") not in {"", self._given_up}

    async def _get_token(self) -> str:
        flow = self._flow
        if flow and flow.token:
            return flow.token
        if self._sign_in.grant is None or (flow and not self._has_refresh_token()):
            return ""
        with suppress(DeskhandError):  # without a token, the server says what is missing
            return await self._renew("", None)
        return ""

    async def _renew(self, refused: str, refusal: Refusal | None) -> str:
        """Obtain another token than one that was refused, once for all requests that wait for it; "" if there is none.

        It is completed also if the session ends: a refresh token that was used is worth nothing, and the next one is stored.
        """
        task = asyncio.create_task(self._renew_once(refused, refusal), name="renew a token")
        self._renewals.add(task)
        task.add_done_callback(self._renewals.discard)
        return await asyncio.shield(task)

    async def _renew_once(self, refused: str, refusal: Refusal | None) -> str:
        async with self._lock:
            flow = self._flow
            if flow and flow.token and flow.token != refused:
                return flow.token  # another request has renewed it
            flow = self._flow = Flow(str(self._url), self._client, self._sign_in)
            if self._client.machine:
                await flow.run(refusal)
            else:
                if refused:
                    flow.context.token_expiry_time = 1.0  # the server says that it has ended, whatever its clock said
                await flow.run()
            if not flow.token:
                self._given_up = (self._sign_in.grant or Grant(binding="")).tokens.get("refresh_token", "")
            return flow.token if flow.token != refused else ""


async def authorize(connection: Connection, client: OAuthClient, sign_in: SignIn, pending: Pending) -> None:
    """Sign in with the person. Raises an error of ours with a sentence about what failed."""
    refusal = sign_in.refusal or await probe(connection)
    if refusal is None:
        raise Conflict(NOT_ASKED.format(title=connection.title))
    if refusal.status == httpx2.codes.UNAUTHORIZED and sign_in.grant and not client.machine:
        former = sign_in.grant  # its tokens are refused, its registration stays
        sign_in.registration = sign_in.registration or (former.redirect_uri, dict(former.client))
    try:
        await Flow(connection.url, client, sign_in, pending).run(refusal)
    except DeskhandError as error:
        raise type(error)(FAILED.format(title=connection.title, reason=error.detail)) from error
    sign_in.note_success()


async def revoke(url: str, client: OAuthClient, sign_in: SignIn) -> None:
    """Revoke what was granted where it was issued, if that is offered (RFC 7009). Raises an error of ours."""
    grant = sign_in.grant
    endpoint = ((grant.authorization_server if grant else None) or {}).get("revocation_endpoint")
    if grant is None or not endpoint:
        return
    flow, kind = Flow(url, client, sign_in), "refresh_token" if grant.tokens.get("refresh_token") else "access_token"
    if grant.client:
        flow.context.client_info = OAuthClientInformationFull.model_validate(grant.client)
    data = {"token": str(grant.tokens[kind]), "token_type_hint": kind, "client_id": str(grant.client.get("client_id", ""))}
    data, headers = flow.context.prepare_token_auth(data, {})
    await SignInHttp(url).send(httpx2.Request("POST", str(endpoint), data=data, headers=headers))


async def probe(connection: Connection) -> Refusal | None:
    """Ask a server for something without a token, and return its refusal."""
    method = "GET" if connection.transport is Transport.sse else "POST"
    headers = {"Accept": "application/json, text/event-stream", PROTOCOL: PROTOCOL_OF_PROBE}
    body = None if method == "GET" else {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    try:
        async with (
            make_client(connection, Ending()) as http,
            http.stream(method, connection.url, headers=headers, json=body, timeout=20) as response,
        ):
            return read_refusal(response)
    except httpx2.HTTPError as error:
        raise UpstreamFailed(f"“{connection.title}” could not be reached.") from error


def restore(context: "OAuthContext", grant: Grant) -> None:
    """Restore what the SDK does not read from its storage: when the token ends, and where it is refreshed."""
    context.token_expiry_time = grant.ends
    context.auth_server_url = grant.issuer or None
    if grant.authorization_server is not None:
        context.oauth_metadata = OAuthMetadata.model_validate(grant.authorization_server)
    if grant.resource is not None:
        context.protected_resource_metadata = ProtectedResourceMetadata.model_validate(grant.resource)


def choose_method(context: "OAuthContext") -> None:
    """Authenticate a configured client as its authorization server supports it."""
    client, server = context.client_info, context.oauth_metadata
    supported = (server.token_endpoint_auth_methods_supported if server else None) or list(SECRET_METHODS)
    if client and client.client_secret and client.token_endpoint_auth_method not in supported:
        client.token_endpoint_auth_method = next((name for name in SECRET_METHODS if name in supported), SECRET_METHODS[0])


def read_refusal(response: httpx2.Response) -> Refusal | None:
    """Read what a server wants, if it refused a request for its token."""
    status = response.status_code
    missing = status == httpx2.codes.FORBIDDEN and extract_field_from_www_auth(response, "error") == "insufficient_scope"
    if status != httpx2.codes.UNAUTHORIZED and not missing:
        return None
    challenge = response.headers.get("WWW-Authenticate", "")[:4_096]
    return Refusal(status, challenge, response.request.headers.get(PROTOCOL, ""))


def authenticate(request: httpx2.Request, token: str) -> httpx2.Request:
    if token:
        request.headers["Authorization"] = f"Bearer {token}"
    return request


def read_origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def name_reason(error: Exception) -> str:
    """Explain why a flow failed."""
    for kind, sentence in REASONS:
        if isinstance(error, kind):
            return sentence
    if isinstance(error, OAuthFlowError):
        return f"{clean_message(str(error))[:LONGEST_REASON]}."
    return UNREADABLE


def dump(model: Any) -> dict[str, Any] | None:
    return model.model_dump(mode="json", exclude_none=True) if model is not None else None
