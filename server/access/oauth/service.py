"""How a program signs in: what it asks for waits for the person, and what it brings back becomes tokens.

Authlib comes with the first request. It works on the database's threads, never on the loop.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping

from server.access.activity.log import Activity
from server.access.clients.registry import Clients
from server.access.oauth import store
from server.access.oauth.client_metadata import Documents, describe, is_document
from server.access.oauth.dynamic_registration import MOST_A_MINUTE, MOST_UNUSED, NOT_ALLOWED, register
from server.access.oauth.models import SECTION, OAuthSettings, Registration
from server.access.oauth.oauth_clients import Programs, Refused
from server.access.oauth.pending_authorizations import SignIn, SignIns, Verdict
from server.access.oauth.rate_limit import Rate
from server.access.oauth.request_context import Answer, Asked, Pairs, Terms, list_bases
from server.core.errors import Conflict, DeskhandError, Unavailable
from server.core.text import shorten
from server.http.addresses import Address
from server.sdk.context import Context

log = logging.getLogger(__name__)

KEY = "oauth-key"  # the secret from which the heir of a refresh token is made
NO_DOCUMENTS = "The person at this computer does not take programs that are known by a document. They can allow it under Access."
CONSENT = "/chatgpt/consent"
UNUSED_SECONDS = 24 * 3600  # that a program that registered itself is kept without being let in


class OAuth:
    """The authorization server. `scopes` labels those that are on now."""

    def __init__(
        self,
        context: Context,
        address: Address,
        clients: Clients,
        programs: Programs,
        activity: Activity,
        scopes: Callable[[], Mapping[str, str]],
    ) -> None:
        self._context, self.address, self._clients, self._programs = context, address, clients, programs
        self.scopes = scopes
        self.sign_ins = SignIns(context.approval_requests, context.clock, activity.add, scopes)
        self._documents = Documents(context.fetch, context.clock)
        self._registering = Rate(MOST_A_MINUTE, 60, context.clock)
        self._key, self._started = b"", context.clock.now()
        self._turn = asyncio.Lock()
        self.notice: str | None = None
        context.approval_requests.add(self.sign_ins)
        clients.on_lost.append(self.sign_ins.end)

    @property
    def settings(self) -> OAuthSettings:
        """How programs may sign in now."""
        return self._context.settings.read(SECTION, OAuthSettings)

    async def ask(self, method: str, pairs: Pairs) -> tuple[Answer, str]:
        """Take a request for sign-in. One that may be put to the person waits; answers where, and the cookie for its browser."""
        from server.access.oauth.authorization_server import check_request

        documents = await self._find_document(pairs)
        if isinstance(documents, Answer):
            found: Answer | Asked = documents
        else:
            found = await self._context.database.read(check_request, self._terms(documents), method, pairs)
        if isinstance(found, Answer):
            self._note_refused(found, pairs)
            return found, ""
        try:
            one, cookie = self.sign_ins.add(found, pairs, self.address.public, self.settings)
        except Conflict as error:
            return Answer.failed("temporarily_unavailable", error.detail, error.status), ""
        return Answer(303, None, {"Location": f"{CONSENT}/{one.id}"}), cookie

    async def finish(self, one: SignIn) -> Answer | None:
        """Let a sign-in go on that the person has decided on; None if it has gone on already."""
        from server.access.oauth.authorization_server import finish_request

        if not self.sign_ins.take(one):
            return None
        agreed = one.asked if one.verdict is Verdict.approved else None
        document = one.asked.registration
        terms = self._terms({document.id: document} if is_document(document.id) else {})
        try:
            answer = await self._context.database.write(finish_request, terms, one.pairs, agreed, one.reason)
        except DeskhandError:
            self.sign_ins.put_back(one)
            raise
        return await self._settle(answer)

    async def exchange(self, pairs: Pairs, headers: Mapping[str, str]) -> Answer:
        """Give tokens for a code or a refresh token."""
        from server.access.oauth.authorization_server import exchange

        terms = self._terms({}, await self._find_key())
        return await self._settle(await self._context.database.write(exchange, terms, pairs, headers))

    async def revoke(self, pairs: Pairs, headers: Mapping[str, str]) -> Answer:
        """Sign a program out."""
        from server.access.oauth.authorization_server import revoke

        return await self._settle(await self._context.database.write(revoke, self._terms({}), pairs, headers))

    async def register(self, read: Callable[[], Awaitable[bytes]]) -> Answer:
        """Let a program register itself, where the person allows it. `read` gets its body, which is not wanted otherwise."""
        if not self.settings.registration_allowed:
            return Answer.failed("access_denied", NOT_ALLOWED, 403)
        answer, made = register(await read(), self._context.clock)
        if made is None:
            return answer
        if not self._registering.take():
            return Answer.failed("temporarily_unavailable", "Too many programs register at once. Wait a minute.", 429)
        await self._context.database.write(store.add_unknown, made, MOST_UNUSED, self.sign_ins.list_programs())
        return answer

    async def sweep(self) -> None:
        """Take out what opens nothing any more."""
        terms = self._terms({})
        await self._context.database.write(store.sweep, terms.now.isoformat(), terms.after(-UNUSED_SECONDS))

    def _terms(self, documents: Mapping[str, Registration], key: bytes = b"") -> Terms:
        return Terms(
            issuer=self.address.public,
            bases=list_bases(self.address),
            now=self._context.clock.now(),
            settings=self.settings,
            scopes=frozenset(self.scopes()),
            key=key,
            started=self._started,
            documents=documents,
        )

    async def _find_document(self, pairs: Pairs) -> dict[str, Registration] | Answer:
        """Fetch the document by which a program is known, where it is."""
        client_id = dict(reversed(pairs)).get("client_id", "")
        if not is_document(client_id):
            return {}
        if not self.settings.documents_allowed:
            return Answer.failed("invalid_client", NO_DOCUMENTS)
        try:
            kept = await self._context.database.read(store.find_registration, client_id)
            return {client_id: await self._documents.find(client_id, known=bool(kept and kept.client))}
        except DeskhandError as error:
            return Answer.failed("invalid_client", describe(error), 429 if error.status == 429 else 400)

    async def _settle(self, answer: Answer) -> Answer:
        """Know who may call now, and tell."""
        if answer.ended:
            self.notice = f"{answer.ended} If that was not you, look under Access who is signed in."
            log.warning(self.notice)
        if answer.changed:
            await self._clients.reload()
            self._context.events.publish("clients")
        return answer

    def _note_refused(self, answer: Answer, pairs: Pairs) -> None:
        asked = dict(reversed(pairs))
        body = answer.body if isinstance(answer.body, dict) else {}
        reason = str(body.get("error_description") or body.get("error") or "Its request did not fit.")
        client, callback = (shorten(asked.get(name, "")) for name in ("client_id", "redirect_uri"))
        self._programs.refused = Refused(self._context.clock.now().isoformat(), client, callback, reason)
        self._context.events.publish("sign-ins")

    async def _find_key(self) -> bytes:
        """The key from which heirs are made. Where no secret can be kept, it lasts as long as this program."""
        async with self._turn:
            if not self._key:
                try:
                    kept = await self._context.secrets.get(KEY)
                    if kept is None:
                        kept = secrets.token_hex(32)
                        await self._context.secrets.set(KEY, kept)
                except Unavailable:
                    log.warning("The key for refresh tokens could not be kept, so another one is in use until the next start.")
                    kept = secrets.token_hex(32)
                self._key = bytes.fromhex(kept)
            return self._key
