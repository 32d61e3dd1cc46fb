"""OpenAI's own webhooks: registered there if the person allows it, and delivered here when a response has ended.

A registration follows the public address. Its secret goes to the keyring, and is known to nobody else.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.core.errors import DeskhandError, InvalidInput, NotFound
from server.integrations.conversations.adapter.webhooks import make_verifier, read_event
from server.integrations.conversations.openai_account import signature as openai_signature
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.settings import WebhookRegistration
from server.integrations.conversations.store import openai_events
from server.sdk.context import Context
from server.sdk.webhook import WebhookDelivery
from server.sdk.webhook_auth import WebhookAuthenticator, WebhookSettings

PATH = "/webhook/openai"
NAME, TITLE = "openai_webhook", "OpenAI"
EVENTS = ("response.completed", "response.failed", "response.cancelled", "response.incomplete")
KEPT = timedelta(days=7)  # OpenAI tries for three days
RETRY_SECONDS = 60.0
NOT_REGISTERED = "The webhook could not be registered at OpenAI: {reason}"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Received:
    """The result of a delivery."""

    is_duplicate: bool = False
    error: DeskhandError | None = None
    note: str = ""


class OpenAIWebhook:
    """The registration at OpenAI and the deliveries. `on_end` is called with the id of each response that has ended.

    `problem`: why the address is not registered, as a sentence.
    """

    def __init__(self, context: Context, openai: OpenAIConnection, on_end: Callable[[str], None] = lambda _: None) -> None:
        self.context, self.on_end = context, on_end
        self.problem: str | None = None
        self.authenticator = WebhookAuthenticator(context, NAME, TITLE, WebhookSettings, openai_signature)
        self._openai = openai
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Keep the registration as it should be, until the program ends."""
        self.context.address.listeners.append(self._woken.set)
        self._openai.listen(self._wake)
        try:
            while True:
                self._woken.clear()
                failed = not await self.register()
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_SECONDS if failed else None):
                        await self._woken.wait()
        finally:
            self.context.address.listeners.remove(self._woken.set)

    async def register(self) -> bool:
        """Register, update or remove the address at OpenAI, as it should be now; return whether that has succeeded."""
        settings, url = self._openai.settings, self.find_url()
        known = settings.webhook if settings.webhook.origin == self._openai.origin else WebhookRegistration()
        try:
            if not settings.webhook_allowed:
                await self._remove(known)
            elif url and known.url != url:
                await self._put(known, url)
        except DeskhandError as error:
            log.warning("The webhook at OpenAI could not be changed: %s", error.detail)
            self.problem = NOT_REGISTERED.format(reason=error.detail)
            return False
        self.problem = None
        return True

    def find_url(self) -> str:
        """Find the address that OpenAI can deliver to; empty if there is none."""
        address = self.context.address
        if not self._openai.is_usable or self._openai.is_free:
            return ""
        if self.context.demo:
            return address.own + PATH
        url = address.public_url or ""
        return url + PATH if url.startswith("https://") and not address.is_here_only() else ""

    async def take(self, delivery: WebhookDelivery, event_id: str) -> None:
        """Take a verified delivery: note it, and wake who waits for its response. Raises InvalidInput."""
        event, now = read_event(delivery.body), self.context.clock.now()
        response_id = event["data"].get("id")
        if not isinstance(response_id, str):
            raise InvalidInput("This delivery names no response.")

        def note(connection: Any) -> Received:
            is_new = openai_events.add(connection, event_id, now.isoformat(), (now - KEPT).isoformat())
            return Received(is_duplicate=not is_new)

        received = await delivery.store(note)
        if event["type"] in EVENTS and not received.is_duplicate:
            self.on_end(response_id)

    async def prepare(self) -> None:
        """Import what verifies, unless nothing can be verified."""
        if await self.authenticator.is_signing():
            await asyncio.to_thread(make_verifier)

    async def _wake(self) -> None:
        self._woken.set()

    async def _put(self, known: WebhookRegistration, url: str) -> None:
        if known.id:
            with suppress(NotFound):
                await self._openai.api().update_webhook(known.id, url)
                await self._store(known.model_copy(update={"url": url}))
                return
        webhook_id, secret = await self._openai.api().create_webhook("Deskhand", url, EVENTS)
        await self.authenticator.set_secret(secret)
        await self._store(WebhookRegistration(id=webhook_id, url=url, origin=self._openai.origin))

    async def _remove(self, known: WebhookRegistration) -> None:
        if known.id and self._openai.is_usable:
            await self._openai.api().delete_webhook(known.id)
        if self._openai.settings.webhook.id:
            await self._store(WebhookRegistration())
            await self.authenticator.set_secret(None)

    async def _store(self, registration: WebhookRegistration) -> None:
        await self._openai.store(webhook=registration)
        self.context.events.publish("conversations")
