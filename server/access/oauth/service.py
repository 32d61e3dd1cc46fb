"""OAuth service: authorization requests wait for the person, and codes are exchanged for tokens.

Authlib is imported with the first request. It runs on the database's threads, never on the loop.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping

from server.access.activity.log import Activity
from server.access.clients.registry import Clients
from server.access.oauth import store
from server.access.oauth.client_metadata import ClientMetadataCache, is_document
from server.access.oauth.dynamic_registration import MOST_A_MINUTE, MOST_UNUSED, NOT_ALLOWED, register
from server.access.oauth.models import SECTION, OAuthSettings, Registration
from server.access.oauth.oauth_clients import OAuthClients, RefusedRequest
from server.access.oauth.pending_authorization import Decision, PendingAuthorization
from server.access.oauth.pending_authorizations import UNKNOWN, PendingAuthorizations, Visitor
from server.access.oauth.rate_limit import RateLimit
from server.access.oauth.request_context import AuthorizationRequest, FormParams, OAuthResponse, RequestContext, list_bases
from server.core.errors import DeskhandError, Forbidden, Unavailable
from server.core.text import shorten
from server.http.addresses import Address
from server.sdk.context import Context

log = logging.getLogger(__name__)

KEY = "oauth-key"  # the secret from which the successor of a refresh token is derived
NO_DOCUMENTS = "The person at this computer does not take programs that are known by a document. They can allow it under Access."
CONSENT = "/chatgpt/consent"
UNUSED_SECONDS = 24 * 3600  # after which an unused dynamic registration is deleted


class OAuth:
    """The authorization server. `scopes`: answers the current ones with their labels."""

    def __init__(
        self,
        context: Context,
        address: Address,
        clients: Clients,
        programs: OAuthClients,
        activity: Activity,
        scopes: Callable[[], Mapping[str, str]],
    ) -> None:
        self._context, self.address, self._clients, self._programs = context, address, clients, programs
        self.scopes = scopes
        self.pending = PendingAuthorizations(context.approval_requests, context.clock, activity.add, scopes)
        self._documents = ClientMetadataCache(context.fetch, context.clock)
        self._registering = RateLimit(MOST_A_MINUTE, 60, context.clock)
        self._key, self._started = b"", context.clock.now()
        self._lock = asyncio.Lock()
        self.notice: str | None = None
        context.approval_requests.add(self.pending)
        clients.on_scopes_lost.append(self.pending.end)

    @property
    def settings(self) -> OAuthSettings:
        """Current settings."""
        return self._context.settings.read(SECTION, OAuthSettings)

    async def authorize(self, method: str, params: FormParams, visitor: Visitor = UNKNOWN) -> tuple[OAuthResponse, str]:
        """Handle an authorization request. A valid one waits for the person: a redirect to its page, and its browser's cookie."""
        from server.access.oauth.authorization_server import check_request

        documents = await self._find_document(params)
        if isinstance(documents, OAuthResponse):
            request: OAuthResponse | AuthorizationRequest = documents
        else:
            request = await self._context.database.read(check_request, self._request_context(documents), method, params)
        if isinstance(request, OAuthResponse):
            self._record_refused(request, params)
            return request, ""
        try:
            self.pending.require_not_denied(visitor, self.settings)
        except Forbidden as error:
            return OAuthResponse.failed("access_denied", error.detail, error.status), ""
        pending, cookie = self.pending.add(request, params, self.address.public, self.settings, visitor)
        return OAuthResponse(303, None, {"Location": f"{CONSENT}/{pending.id}"}), cookie

    async def finish(self, pending: PendingAuthorization) -> OAuthResponse | None:
        """Finish a decided request; None if it is finished already."""
        from server.access.oauth.authorization_server import finish_request

        if not self.pending.take(pending):
            return None
        agreed = pending.request if pending.decision is Decision.approved else None
        document = pending.request.registration
        context = self._request_context({document.id: document} if is_document(document.id) else {})
        try:
            answer = await self._context.database.write(finish_request, context, pending.params, agreed, pending.reason)
        except DeskhandError:
            self.pending.put_back(pending)
            raise
        return await self._apply(answer)

    async def exchange(self, params: FormParams, headers: Mapping[str, str]) -> OAuthResponse:
        """Issue tokens for a code or a refresh token."""
        from server.access.oauth.authorization_server import exchange

        context = self._request_context({}, await self._find_key())
        return await self._apply(await self._context.database.write(exchange, context, params, headers))

    async def revoke(self, params: FormParams, headers: Mapping[str, str]) -> OAuthResponse:
        """Revoke a token's grant."""
        from server.access.oauth.authorization_server import revoke

        return await self._apply(await self._context.database.write(revoke, self._request_context({}), params, headers))

    async def register(self, read: Callable[[], Awaitable[bytes]]) -> OAuthResponse:
        """Handle a dynamic registration, if the person allows it. `read` reads its body."""
        body = await read() if self.settings.registration_allowed else b""
        if not self.settings.registration_allowed:  # or not any more
            return OAuthResponse.failed("access_denied", NOT_ALLOWED, 403)
        answer, registration = register(body, self._context.clock)
        if registration is None:
            return answer
        if not self._registering.take():
            return OAuthResponse.failed("temporarily_unavailable", "Too many programs register at once. Wait a minute.", 429)
        await self._context.database.write(store.add_unused, registration, MOST_UNUSED, self.pending.list_client_ids())
        return answer

    async def prune(self) -> None:
        """Delete what is not valid any more."""
        context = self._request_context({})
        await self._context.database.write(store.prune, context.now.isoformat(), context.after(-UNUSED_SECONDS))

    def _request_context(self, documents: Mapping[str, Registration], key: bytes = b"") -> RequestContext:
        return RequestContext(
            issuer=self.address.public,
            bases=list_bases(self.address),
            now=self._context.clock.now(),
            settings=self.settings,
            scopes=frozenset(self.scopes()),
            key=key,
            started=self._started,
            documents=documents,
        )

    async def _find_document(self, params: FormParams) -> dict[str, Registration] | OAuthResponse:
        """Find the metadata of a client_id that is an address."""
        client_id = dict(reversed(params)).get("client_id", "")
        if not is_document(client_id):
            return {}
        documents = await self._fetch_document(client_id) if self.settings.documents_allowed else {}
        if not self.settings.documents_allowed:  # or not any more
            return OAuthResponse.failed("invalid_client", NO_DOCUMENTS)
        return documents

    async def _fetch_document(self, client_id: str) -> dict[str, Registration] | OAuthResponse:
        try:
            stored = await self._context.database.read(store.find_registration, client_id)
            return {client_id: await self._documents.find(client_id, known=bool(stored and stored.client))}
        except DeskhandError as error:
            detail = f"The document of this client could not be used. {error.detail}"
            return OAuthResponse.failed("invalid_client", detail, 429 if error.status == 429 else 400)

    async def _apply(self, answer: OAuthResponse) -> OAuthResponse:
        """Reload the credentials if they have changed, and publish it."""
        if answer.ended:
            self.notice = f"{answer.ended} If that wasn't you, check the sessions under Access."
            log.warning(self.notice)
        if answer.changed:
            await self._clients.reload()
            self._context.events.publish("clients")
        return answer

    def _record_refused(self, answer: OAuthResponse, params: FormParams) -> None:
        sent = dict(reversed(params))
        body = answer.body if isinstance(answer.body, dict) else {}
        reason = str(body.get("error_description") or body.get("error") or "Its request did not fit.")
        client, callback = (shorten(sent.get(name, "")) for name in ("client_id", "redirect_uri"))
        self._programs.refused = RefusedRequest(self._context.clock.now().isoformat(), client, callback, reason)
        self._context.events.publish("sign-ins")

    async def _find_key(self) -> bytes:
        """Key from which successors are derived. If no secret can be stored, it lasts as long as this program."""
        async with self._lock:
            if not self._key:
                try:
                    stored = await self._context.secrets.get(KEY)
                    if stored is None:
                        stored = secrets.token_hex(32)
                        await self._context.secrets.set(KEY, stored)
                except Unavailable:
                    log.warning("The key for refresh tokens could not be kept, so another one is in use until the next start.")
                    stored = secrets.token_hex(32)
                self._key = bytes.fromhex(stored)
            return self._key
