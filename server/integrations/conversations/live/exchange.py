"""One exchange with OpenAI: a message of a conversation goes out, and its answer is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from server.core.errors import (
    Conflict,
    DeskhandError,
    SignInNeeded,
    TooManyRequests,
    Unavailable,
    UpstreamFailed,
    UpstreamTimedOut,
)
from server.integrations.conversations.adapter.protocol import Answer, OpenAIApi, ResponseRequest, Turn, Uncertain
from server.integrations.conversations.live.answer_streams import AnswerStreams
from server.integrations.conversations.live.branches import Branches
from server.integrations.conversations.live.events import ChatEvents
from server.integrations.conversations.live.images import Images
from server.integrations.conversations.live.models import UNKNOWN_LEAF, AnswerRow, Chat, PathMessage, Project
from server.integrations.conversations.live.outcomes import SECTION, Outcomes
from server.integrations.conversations.live.polling import LONGEST_WAIT, poll
from server.integrations.conversations.live.turns import bound_tokens, make_turns
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.settings import USUAL_OUTPUT
from server.integrations.conversations.openai_account.spending import Reservation, Spending
from server.integrations.conversations.store import answers, live, projects
from server.sdk.context import Context

CHANGED = "Earlier messages, which a program delivered, were changed before this one was sent, so it was not. Send it again."
NOTHING_SENT = (Unavailable, SignInNeeded, TooManyRequests)
BEFORE_SENDING = (*NOTHING_SENT, UpstreamFailed, UpstreamTimedOut)  # of reading models, or of a Conversation


class NotSent(Exception):
    """A message that did not go out, so it may be sent later. `cause`: why."""

    def __init__(self, cause: DeskhandError) -> None:
        self.cause = cause
        super().__init__(cause.detail)


@dataclass(frozen=True)
class Prepared:
    """A message that is ready to go out. `thread_leaf`: of the Conversation that it belongs to; None without one."""

    chat: Chat
    request: ResponseRequest
    reservation: Reservation
    thread_leaf: str | None


class Exchange:
    """Sends messages and stores answers, one at a time for each conversation."""

    def __init__(
        self,
        context: Context,
        openai: OpenAIConnection,
        spending: Spending,
        streams: AnswerStreams,
        events: ChatEvents,
        outcomes: Outcomes,
    ) -> None:
        self._context, self._openai, self._spending = context, openai, spending
        self._streams, self._events, self._outcomes = streams, events, outcomes
        self._images, self._branches = Images(context), Branches(context)
        self._database = context.database
        self._creating = asyncio.Lock()

    async def send(self, row: AnswerRow) -> None:
        """Send the message of an answer that waits. Raises NotSent if nothing was sent, Uncertain if that is unknown.

        Raises other errors with which OpenAI refuses it.
        """
        try:
            api = self._openai.api()
            prepared = await self._prepare(api, row)
            if prepared is None:
                return
            uses_thread = prepared.thread_leaf is not None
            if not await self._database.write(begin, row, prepared.chat, uses_thread=uses_thread):
                await self._spending.release(prepared.reservation)
                return
        except BEFORE_SENDING as error:
            raise NotSent(error) from error
        self._streams.restart(row.id)
        self._events.publish(prepared.chat)
        try:
            answer = await self._talk(api, row, prepared.request)
        except NOTHING_SENT as error:
            await self._release(prepared)
            raise NotSent(error) from error
        except (Uncertain, UpstreamTimedOut, asyncio.CancelledError):  # it may be billed
            with suppress(DeskhandError):
                await self._spending.settle(prepared.reservation, None)
            raise
        except DeskhandError:
            with suppress(DeskhandError):
                await self._spending.release(prepared.reservation)
            raise
        await self._outcomes.finish(row, answer, prepared.reservation, in_thread=uses_thread)

    async def _release(self, prepared: Prepared) -> None:
        """Take back what was noted of a message that was not sent."""
        with suppress(DeskhandError):
            await self._spending.release(prepared.reservation)
            if prepared.thread_leaf is not None:
                await self._database.write(live.set_thread_leaf, prepared.chat.key, prepared.thread_leaf)

    async def retrieve(self, row: AnswerRow) -> None:
        """Follow an answer that OpenAI was working on when Deskhand stopped."""
        answer = await self._poll(self._openai.api(), row, row.response_id)
        await self._outcomes.finish(row, answer)

    async def _talk(self, api: OpenAIApi, row: AnswerRow, request: ResponseRequest) -> Answer:
        created: list[str] = []  # the id of the response, once OpenAI has begun

        async def note(response_id: str) -> None:
            created.append(response_id)
            with suppress(DeskhandError):  # it is needed after a restart alone
                await self._database.write(answers.note_response, row.id, response_id)

        try:
            async with aclosing(api.respond(request, note)) as items:
                answer = await self._follow(row, items)
        except Uncertain as error:
            if not error.response_id:
                raise
            return await self._poll(api, row, error.response_id)
        except NOTHING_SENT as error:
            if created:
                raise UpstreamFailed(error.detail) from error
            raise
        return await self._poll(api, row, answer.id) if answer.is_running else answer

    async def _follow(self, row: AnswerRow, items: AsyncIterator[str | Answer]) -> Answer:
        """Pass on the pieces of a stream; return its last item. Raises Uncertain if it ends without."""
        async for item in items:
            if isinstance(item, Answer):
                return item
            self._streams.write(row.id, item)
        raise Uncertain

    async def _poll(self, api: OpenAIApi, row: AnswerRow, response_id: str) -> Answer:
        """Look at a response until it has ended. One of a client is in background mode, and goes on without us."""
        settings = self._context.settings.read(SECTION, ConversationsSettings)
        longest = LONGEST_WAIT if row.client else settings.lost_answer_seconds
        return await poll(api, response_id, self._events.wait_for_response, longest)

    async def _prepare(self, api: OpenAIApi, row: AnswerRow) -> Prepared | None:
        """Read what goes out, reserve what it may cost, and make the Conversation at OpenAI. None: it was deleted."""
        chat, path, project = await self._database.read(read_question, row)
        if chat is None or not path:
            return None
        if live.digest_delivered(path) != row.history:
            raise Conflict(CHANGED)
        model = await self._openai.resolve_model(row.model or chat.model, project.model)
        branch = await self._branches.complete(chat, path)
        turns = make_turns(branch.messages, await self._images.read(chat, branch.messages, branch.imported))
        limits = self._openai.limits
        most = limits.max_output_tokens or (USUAL_OUTPUT if row.client else None)  # a client's Effect names a limit
        tokens = await asyncio.to_thread(bound_tokens, turns, project.instructions, model)
        reservation = await self._spending.reserve(model, tokens, most, chat.project, row.client)
        try:
            thread_id, leaf = await self._find_thread(api, chat, path, turns) if branch.imported is None else ("", "")
        except BaseException:
            await self._spending.release(reservation)
            raise
        request = ResponseRequest(
            model=model,
            turns=turns[-1:] if thread_id else turns,
            thread_id=thread_id,
            instructions=project.instructions,
            max_output_tokens=reservation.max_output_tokens,
            service_tier=reservation.tier,
            temperature=limits.temperature,
            background=bool(row.client and thread_id),
        )
        return Prepared(chat, request, reservation, leaf if thread_id else None)

    async def _find_thread(self, api: OpenAIApi, chat: Chat, path: list[PathMessage], turns: tuple[Turn, ...]) -> tuple[str, str]:
        """Find the Conversation at OpenAI that ends right before the last message; empty: the path itself is sent."""
        parent = path[-2].id if len(path) > 1 else ""
        if chat.temporary or self._openai.is_free:  # another service has none, or not this one
            return "", ""
        if not chat.thread_id:
            await self.create_thread(api, chat, turns[:-1], parent)
            latest = await self._database.read(live.find, chat.id)
            chat = latest or chat
        return (chat.thread_id, parent) if chat.thread_leaf == parent != UNKNOWN_LEAF else ("", "")

    async def create_thread(self, api: OpenAIApi, chat: Chat, turns: tuple[Turn, ...] = (), leaf: str = "") -> str:
        """Create the Conversation of a chat at OpenAI with what it has so far, unless there is one; return its id.

        One whose creation's answer was lost stays there unused, as it holds nothing that was not sent anyway.
        """
        async with self._creating:
            latest = await self._database.read(live.find, chat.id)
            if latest is None or latest.thread_id:
                return latest.thread_id if latest else ""
            try:
                thread_id = await api.create_conversation({"deskhand": chat.id}, turns)
            except Uncertain:
                raise Unavailable from None
            now = self._context.clock.now().timestamp()
            return await self._database.write(live.claim_thread, chat.id, thread_id, leaf, now)


def begin(connection: Any, row: AnswerRow, chat: Chat, *, uses_thread: bool) -> bool:
    """Record that a message goes out. Until its answer is stored, it is unknown what the Conversation at OpenAI has."""
    begun = answers.begin(connection, row.id)
    if begun and uses_thread:
        live.set_thread_leaf(connection, chat.key)
    return begun


def read_question(connection: Any, row: AnswerRow) -> tuple[Chat | None, list[PathMessage], Project]:
    """Read a conversation, the path to the message that is answered, and the project with its instructions."""
    chat = live.read(connection, row.conversation)
    project = projects.find(connection, chat.project) if chat else None
    return chat, live.read_path(connection, row.conversation, row.message), project or Project(id="", name="")
