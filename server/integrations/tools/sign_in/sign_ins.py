"""Sign-ins of the person at upstream servers: begun in the window or a command, finished by the browser's redirect."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from server.core.errors import Conflict, DeskhandError, InvalidInput, Unavailable, UpstreamTimedOut
from server.integrations.tools.config.connection import resolve
from server.integrations.tools.models import OAuthClient, UpstreamConfig
from server.integrations.tools.sign_in.client import resolve_client
from server.integrations.tools.sign_in.listener import forwarding
from server.integrations.tools.sign_in.pending import Answer, Pending
from server.integrations.tools.sign_in.sign_in import SignIn
from server.integrations.tools.sign_in.stored import GrantStore, bind, takes_sign_in
from server.integrations.tools.stored import Credentials

if TYPE_CHECKING:
    from server.integrations.tools.upstream import Upstream
    from server.sdk.context import Context

CALLBACK = "/tools/sign-in/callback"
MINUTES = 10.0
PREPARE_SECONDS = 60.0  # until there is a page to visit
NOT_RUNNING = "Signing in needs the running server. Start Deskhand and try again."
NO_SIGN_IN = "“{title}” has no sign-in: it is started here, or a header of its configuration authenticates already."
NOT_CONFIRMED = "“{title}” is not the server that you added. Confirm it first."
REPLACED = "This sign-in at “{title}” has ended, as another one was begun or its server was changed."
UNKNOWN = "This sign-in is not known, was finished already, or took too long. Start it again in Deskhand's window."
TOO_LATE = "Nobody finished the sign-in at “{title}” within {minutes:g} minutes. Sign in again."
FAILED = "The sign-in at “{title}” failed. Its log says more."


class SignIns:
    """Sign-ins by id of the server. `signed_in`: called with the id after a sign-in."""

    def __init__(self, context: "Context", signed_in: Callable[[str], Awaitable[None]], publish: Callable[[], None]) -> None:
        self._context, self._signed_in, self._publish = context, signed_in, publish
        self._store = GrantStore(context.secrets)
        self._states: dict[str, SignIn] = {}
        self._pending: dict[str, tuple[Pending, asyncio.Task[str]]] = {}

    async def open(self, config: UpstreamConfig, credentials: Credentials) -> SignIn | None:
        """Return the state of the sign-in at a server; None if the person cannot sign in to it."""
        if not takes_sign_in(config):
            return None
        binding, state = bind(config, credentials.secrets), self._states.get(config.id)
        if state is None or state.is_forgotten or state.binding != binding:
            state = SignIn(self._store, config.id, config.title, binding, self._publish)
            await state.load()
            self._states[config.id] = state
        return state

    async def begin(self, upstream: "Upstream") -> str:
        """Begin a sign-in, and return the page for the person's browser; "" if it needs none and is done."""
        title, sign_in = upstream.config.title, upstream.sign_in
        if sign_in is None:
            raise InvalidInput(NO_SIGN_IN.format(title=title))
        if not upstream.is_confirmed:
            raise Conflict(NOT_CONFIRMED.format(title=title))
        base = self._context.local_address()
        if not base:
            raise Unavailable(NOT_RUNNING)
        self.cancel(upstream.config.id)
        client = resolve_client(upstream.config, upstream.credentials.secrets)
        port = client.callback_port
        pending = Pending(title, f"http://localhost:{port}/callback" if port else base + CALLBACK)
        task = asyncio.create_task(self._run(upstream, client, sign_in, pending), name="sign in to an MCP server")
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody may wait for it
        self._pending[upstream.config.id] = pending, task
        waited: set[asyncio.Future[str]] = {pending.page, task}
        done, _ = await asyncio.wait(waited, timeout=PREPARE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            self.cancel(upstream.config.id)
            raise UpstreamTimedOut(f"“{title}” did not answer in time.")
        if task.cancelled():
            raise Conflict(REPLACED.format(title=title))
        return task.result() if task.done() else pending.page.result()

    async def _run(self, upstream: "Upstream", client: OAuthClient, sign_in: SignIn, pending: Pending) -> str:
        """Sign in, and note how it went. Returns "" as there is no page to visit any more."""
        sign_in.error, sign_in.pending = "", pending
        try:
            async with asyncio.timeout(MINUTES * 60), forwarding(client.callback_port, self._context.local_address() + CALLBACK):
                await self._authorize(upstream, client, sign_in, pending)
        except DeskhandError as error:
            sign_in.error = error.detail
            raise
        except TimeoutError:
            sign_in.error = TOO_LATE.format(title=sign_in.title, minutes=MINUTES)
            raise UpstreamTimedOut(sign_in.error) from None
        except Exception:
            sign_in.error = FAILED.format(title=sign_in.title)
            raise
        finally:
            if sign_in.pending is pending:
                sign_in.pending = None
            self._publish()
        return ""

    async def _authorize(self, upstream: "Upstream", client: OAuthClient, sign_in: SignIn, pending: Pending) -> None:
        oauth = await asyncio.to_thread(import_module, "server.integrations.tools.adapter.oauth")
        connection = await asyncio.to_thread(resolve, upstream.config, upstream.credentials.secrets)
        await oauth.authorize(connection, client, sign_in, pending)
        if not sign_in.is_forgotten:
            await self._signed_in(sign_in.server_id)

    async def show(self, page: str) -> bool:
        """Open a page in the person's browser; return whether there is one."""
        try:
            await asyncio.to_thread(self._context.screen.open_address, page)
        except Unavailable:
            return False
        return True

    async def finish(self, answer: Answer) -> str:
        """Finish the sign-in that an answer belongs to, and return the title of its server. Raises an error if it failed."""
        for pending, task in self._pending.values():
            if pending.state and secrets.compare_digest(pending.state.encode(), answer.state.encode()):
                if pending.answer.done():
                    break
                pending.answer.set_result(answer)
                await asyncio.wait([task])
                if task.cancelled():
                    raise Conflict(REPLACED.format(title=pending.title))
                task.result()
                return pending.title
        raise InvalidInput(UNKNOWN)

    def cancel(self, server_id: str) -> None:
        """Wait for no sign-in at a server any more."""
        _, task = self._pending.pop(server_id, (None, None))
        if task:
            task.cancel()

    async def forget(self, server_id: str) -> None:
        """Forget what was granted for a server, and its registration."""
        self.cancel(server_id)
        state = self._states.pop(server_id, None) or SignIn(self._store, server_id, "", "", self._publish)
        await state.forget()

    async def sign_out(self, upstream: "Upstream") -> None:
        """Revoke what was granted, as far as its server answers, and forget it."""
        sign_in = upstream.sign_in
        if sign_in and sign_in.grant:
            oauth = await asyncio.to_thread(import_module, "server.integrations.tools.adapter.oauth")
            with suppress(DeskhandError):
                client = resolve_client(upstream.config, upstream.credentials.secrets)
                connection = await asyncio.to_thread(resolve, upstream.config, upstream.credentials.secrets)
                await oauth.revoke(connection.url, client, sign_in)
        await self.forget(upstream.config.id)

    async def close(self) -> None:
        """End the sign-ins that wait."""
        tasks = [task for _, task in self._pending.values()]
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
