"""Forwarding of requests to OpenAI: within the budget, and with each answer recorded once."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from server.core.errors import DeskhandError, Forbidden, InvalidInput, NotFound, Unavailable, UpstreamFailed, UpstreamTimedOut
from server.core.invisible import show_line
from server.integrations.conversations.adapter.prices import find_context_window
from server.integrations.conversations.adapter.protocol import Answer, Uncertain
from server.integrations.conversations.compatible.bounds import check_bounded, is_counted
from server.integrations.conversations.compatible.collectors import Collector, read_response
from server.integrations.conversations.compatible.outgoing import Outgoing
from server.integrations.conversations.live.chats import Chats
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.connection import SECTION, OpenAIConnection
from server.integrations.conversations.openai_account.spending import Reservation, Spending
from server.sdk.streaming import Event, EventStream

NO_WINDOW = (
    "The context window of “{model}” is not known, so files and references cannot be used within a budget. "
    "Leave them out, choose another model or remove the budget."
)
NO_RESPONSE = "This is not the id of a response."
RESPONSE_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
CUT = "OpenAI's answer ended before it was complete."
NOT_STORED = "OpenAI has answered, which may be billed, but the answer could not be stored here. {reason}"
DONE = Event("[DONE]")


@dataclass(frozen=True)
class Forwarder:
    """Sends requests of clients to OpenAI."""

    openai: OpenAIConnection
    spending: Spending
    chats: Chats

    async def send(self, request: Outgoing, client: str) -> Mapping[str, Any] | EventStream:
        """Send a request. Raises what OpenAI answers, NotFound for the model, Forbidden beyond the budget, SignInNeeded."""
        model, project = await self._find_model(request.model), self._find_project()
        limit = request.limit or self.openai.limits.max_output_tokens
        most, tier = limit and limit * request.count, request.service_tier
        tokens = await asyncio.to_thread(request.count_tokens, model) + await self._count_context(request, model, project)
        reservation = await self.spending.reserve(model, tokens, most, project, client, tier=tier)
        exchange = Exchange(self.chats, request, client, project, reservation)
        body = request.write(model, reservation.max_output_tokens, reservation.tier)
        async with self._returning(reservation):
            if request.is_stream:
                events = await self.openai.api().forward_stream(request.path, body)
                stream = Stream(exchange, events, request.make_collector())
                return EventStream(stream.make(), stream.collector.write_result, lambda: exchange.path)
            answer = await self.openai.api().forward("POST", request.path, body)
        await exchange.record(request.read(answer))
        return answer

    async def _count_context(self, request: Outgoing, model: str, project: str) -> int:
        """Count the tokens that OpenAI adds to the input at most, if there is a budget.

        Raises Forbidden for what has no bound. Files and references may fill the whole context window of the model.
        """
        if self.openai.is_free or (self.spending.budget_of() is None and self.spending.budget_of(project) is None):
            return 0
        check_bounded(request.body, model)
        if is_counted(request.body):
            if not request.previous_response_id:
                return 0
            if before := await self._count_before(request.previous_response_id):
                return before
        window = await asyncio.to_thread(find_context_window, model)
        if window is None:
            raise Forbidden(NO_WINDOW.format(model=show_line(model[:100])), param="model", code="budget_exceeded")
        return window

    async def _count_before(self, response_id: str) -> int:
        """Count the tokens of the response that a request goes on with; 0 if OpenAI does not say, as of one that goes on."""
        if not RESPONSE_ID.fullmatch(response_id):
            raise InvalidInput(NO_RESPONSE, param="previous_response_id")
        usage = read_response(await self.openai.api().forward("GET", f"/responses/{response_id}")).usage
        return usage.input_tokens + usage.output_tokens

    def _find_project(self) -> str:
        return self.openai.context.settings.read(SECTION, ConversationsSettings).project_id

    async def _find_model(self, name: str) -> str:
        try:
            return await self.openai.resolve_model(name)
        except InvalidInput as error:
            raise NotFound(error.detail, param="model", code="model_not_found", kind="invalid_request_error") from None

    @asynccontextmanager
    async def _returning(self, reservation: Reservation) -> AsyncIterator[None]:
        """Give a reservation back if OpenAI refuses the request; one whose answer was lost may be billed."""
        try:
            yield
        except BaseException as error:
            if isinstance(error, DeskhandError) and not isinstance(error, Uncertain | UpstreamTimedOut):
                await self.spending.release(reservation)
            else:
                await self.spending.settle(reservation, None)
            raise


@dataclass
class Exchange:
    """A request and its answer, which is recorded once. `path`: where its conversation can be read, once that is."""

    chats: Chats
    request: Outgoing
    client: str
    project: str
    reservation: Reservation
    path: str = ""
    is_recorded: bool = field(default=False, init=False)

    async def record(self, answer: Answer) -> None:
        """Record the answer, once. Raises UpstreamFailed if it cannot be stored, so that no client sends the request again."""
        if self.is_recorded:
            return
        self.is_recorded = True
        try:
            chat_id = await self.chats.record_exchange(
                self.client, self.project, self.request.turns, answer, self.reservation, self.request.previous_response_id
            )
        except Unavailable as error:
            raise UpstreamFailed(NOT_STORED.format(reason=error.detail)) from error
        self.path = f"/api/v1/openai/conversations/{chat_id}"


@dataclass(frozen=True)
class Stream:
    """An answer that is sent while it is made."""

    exchange: Exchange
    events: AsyncGenerator[Mapping[str, Any]]
    collector: Collector

    async def make(self) -> AsyncGenerator[Event]:
        """Yield the events. The answer is recorded before the last one, and also if the client leaves earlier."""
        try:
            async with aclosing(self.events) as events:
                async for data in events:
                    if self.collector.add(data):
                        await self._record()
                    if shown := self._show(data):
                        yield shown
            if (await self._record()).status == "cancelled":
                raise UpstreamFailed(CUT)
            if self.collector.ends_with_done:
                yield DONE
        finally:
            await self._record()

    async def _record(self) -> Answer:
        answer = self.collector.read_answer()
        await self.exchange.record(answer)
        return answer

    def _show(self, data: Mapping[str, Any]) -> Event | None:
        """Show an event to the client, without tokens that it did not ask for."""
        if self.exchange.request.shows_usage:
            return Event(data, self.collector.name(data))
        if data.get("usage") and not data.get("choices"):
            return None
        return Event({name: value for name, value in data.items() if name != "usage"}, self.collector.name(data))
