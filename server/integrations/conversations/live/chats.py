"""Live conversations: what the person and clients do with them. The local row comes first, and OpenAI after it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from server.core.errors import Conflict, DeskhandError, InvalidInput, NotFound
from server.integrations.conversations.adapter.protocol import Answer, Turn
from server.integrations.conversations.live.answer_streams import AnswerEnd, AnswerStreams
from server.integrations.conversations.live.branches import BranchEnd, Branches
from server.integrations.conversations.live.events import ChatEvents
from server.integrations.conversations.live.exchange import CHANGED, Exchange
from server.integrations.conversations.live.images import Images, NewImage
from server.integrations.conversations.live.models import OPEN, AnswerRow, Chat, NewChat, NewMessage, Project, make_message_id
from server.integrations.conversations.live.outcomes import SECTION, Outcomes
from server.integrations.conversations.live.recording import Recorder
from server.integrations.conversations.live.sending import SEND, Sender
from server.integrations.conversations.live.turns import make_title
from server.integrations.conversations.models import Attachment, ConversationsSettings, Role
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.spending import Reservation, Spending
from server.integrations.conversations.store import answers, live, projects
from server.sdk.context import Context

NO_PROJECT = "Project not found."
NO_MESSAGE = "There is no such message in this conversation."
NO_ANSWER = "There is no such answer."
EMPTY = "Message is required."
PRUNE = "delete expired conversations"
TEMPORARY_TITLE = "Temporary chat"


class Posted(NewMessage):
    """A message that was stored. `answer_id`: of the answer that was asked for; empty if none was."""

    answer_id: str = ""


class Chats:
    """Conversations, their messages and the answers that models are asked for."""

    def __init__(
        self,
        context: Context,
        sender: Sender,
        recorder: Recorder,
        streams: AnswerStreams,
        events: ChatEvents,
        outcomes: Outcomes,
    ) -> None:
        self.sender, self.recorder, self.events, self.outcomes = sender, recorder, events, outcomes
        self._context, self._streams = context, streams
        self._images, self._branches = Images(context), Branches(context)
        self._database = context.database

    async def find(self, chat_id: str) -> Chat:
        """Find a conversation by its own id or by that of its Conversation at OpenAI. Raises NotFound."""
        return await self._database.read(live.require_found, chat_id)

    async def find_project(self, project_id: str) -> Project:
        """Find a project. Raises NotFound."""
        project = await self._database.read(projects.find, project_id)
        if project is None:
            raise NotFound(NO_PROJECT)
        return project

    async def create(
        self, project_id: str, title: str = "", text: str = "", *, model: str = "", temporary: bool = False, client: str = ""
    ) -> tuple[Chat, Posted | None]:
        """Start a conversation, with its first message if there is one. Raises NotFound."""
        await self.find_project(project_id)
        now = self._now()
        named = title.strip() or (TEMPORARY_TITLE if temporary else make_title(text))
        new = NewChat(
            id=str(uuid.uuid4()), project=project_id, title=named, model=model, temporary=temporary, client=client, created_at=now
        )
        posted = self._make(text, "", now, model=model) if text.strip() else None

        def store(connection: Any) -> Chat:
            chat = live.require(connection, live.create(connection, new))
            self.events.emit_created(connection, chat)
            if posted:
                self._store_message(connection, chat, posted, model, client)
            return live.require(connection, chat.key)

        chat = await self._database.write(store)
        self._announce(chat)
        return chat, posted

    async def send(  # noqa: PLR0913, a message has many parts
        self,
        chat_id: str,
        text: str,
        *,
        role: Role = Role.user,
        parent: str | None = None,
        model: str = "",
        client: str = "",
        images: tuple[NewImage, ...] = (),
        history: str | None = None,
    ) -> Posted:
        """Add a message to a conversation, and ask for its answer if it is the user's.

        `parent`: the message that it follows; None: the one that is shown last; empty: it is the first of another branch.
        `history`: answers.read_history as it was when the message was approved; None: whatever it is.
        Raises NotFound, InvalidInput, and Conflict if the history is another one.
        """
        if not text.strip() and not images:
            raise InvalidInput(EMPTY)
        chat = await self.find(chat_id)
        files = await self._images.save(images)
        attachments = tuple(Attachment(id=file.id, name=file.name) for file in files)
        posted = self._make(text, "", self._now(), role=role, model=model, attachments=attachments)
        end = await self._branches.find_end(chat)

        def store(connection: Any) -> Posted:
            current = live.require_found(connection, chat.id)
            place = place_next(connection, chat, current, end, history) if parent is None else {"parent": parent}
            if place["parent"] and not is_node(connection, current, place["parent"]):
                raise NotFound(NO_MESSAGE)
            placed = posted.model_copy(update=place)
            self._images.add(connection, current, files)
            if not current.title and not current.message_count:
                live.rename(connection, current, make_title(text))
            self._store_message(connection, current, placed, model, client)
            return placed

        posted = await self._database.write(store)
        self._announce(chat)
        return posted

    async def regenerate(self, chat_id: str, message_id: str, *, model: str = "", client: str = "") -> tuple[str, str]:
        """Ask for another answer to a message, which may be named by one of its answers; return the ids of both."""
        chat, answer_id = await self.find(chat_id), make_message_id()

        def store(connection: Any) -> str:
            question = find_question(connection, chat, message_id)
            answers.add(connection, chat, answer_id, question, model, client, self._now())
            live.show_path(connection, chat, question)
            return question

        question = await self._database.write(store)
        self._announce(chat)
        return question, answer_id

    async def stop(self, chat_id: str) -> None:
        """Stop the answers that are being written in a conversation, and those that wait."""
        chat = await self.find(chat_id)
        await self.sender.stop(chat.key)
        self.events.publish(chat)

    async def find_answer(self, chat_id: str, answer_id: str) -> Chat:
        """Find the conversation of an answer. Raises NotFound."""
        chat = await self.find(chat_id)
        row = await self._database.read(answers.find, answer_id)
        if row is None or row.conversation != chat.key:
            raise NotFound(NO_ANSWER)
        return chat

    async def follow(self, chat_id: str, answer_id: str) -> AsyncIterator[str | AnswerEnd]:
        """Yield the text of an answer as it is written, and its end as the last item. Raises NotFound."""
        chat = await self.find_answer(chat_id, answer_id)
        stream = self._streams.open(answer_id)
        row = await self._database.read(answers.find, answer_id)
        if row is None:
            raise NotFound(NO_ANSWER)
        if row.state not in OPEN and stream.end is None:
            self._streams.close(await self._read_end(chat, row))
        async for item in self._streams.follow(stream):
            yield item

    async def wait(self, chat: Chat, answer_id: str, seconds: float) -> AnswerEnd | None:
        """Wait for an answer; None if it takes longer."""
        stream = self._streams.open(answer_id)
        row = await self._database.read(answers.find, answer_id)
        if row and row.state not in OPEN and stream.end is None:
            self._streams.close(await self._read_end(chat, row))
        return await self._streams.wait(stream, seconds)

    async def find_thread(self, chat: Chat, seconds: float) -> str:
        """Return the id of the Conversation at OpenAI, which is created if it can be within this time; else empty."""
        if chat.thread_id or chat.temporary:
            return chat.thread_id
        try:
            async with asyncio.timeout(seconds):
                return await self.sender.create_thread(chat)
        except (TimeoutError, DeskhandError):
            return ""

    async def record_exchange(
        self,
        client: str,
        project_id: str,
        turns: tuple[Turn, ...],
        answer: Answer,
        reservation: Reservation | None,
        previous_response_id: str = "",
    ) -> str:
        """Store a call of /v1 as a conversation, in one transaction with its cost and events; return the conversation's id."""
        return (await self.recorder.record(client, project_id, turns, answer, reservation, previous_response_id)).id

    async def prune(self) -> None:
        """Delete the temporary conversations whose time is over."""
        settings = self._context.settings.read(SECTION, ConversationsSettings)
        await self._database.write(live.delete_expired, self._now() - settings.temporary_hours * 3600)

    def prune_seconds(self) -> float:
        """Return the time between two prunings."""
        return self._context.settings.read(SECTION, ConversationsSettings).prune_minutes * 60

    async def _read_end(self, chat: Chat, row: AnswerRow) -> AnswerEnd:
        path = await self._database.read(live.read_path, chat.key, row.id)
        text = path[-1].text if path and path[-1].id == row.id else row.text
        return AnswerEnd(id=row.id, state=row.state, text=text, error=row.error)

    def _make(self, text: str, parent: str, now: float, *, role: Role = Role.user, **values: Any) -> Posted:
        answer_id = make_message_id() if role is Role.user else ""
        return Posted(id=make_message_id(), parent=parent, role=role, text=text, created_at=now, answer_id=answer_id, **values)

    def _store_message(self, connection: Any, chat: Chat, posted: Posted, model: str, client: str) -> None:
        """Store a message and the order for its answer."""
        new = NewMessage.model_validate(posted.model_dump(exclude={"answer_id", "model"}))
        live.add_message(connection, chat, new)
        live.show_path(connection, chat, new.id)
        self.events.emit_message(connection, chat, new)
        if posted.answer_id:
            answers.add(connection, chat, posted.answer_id, new.id, model, client, new.created_at)

    def _announce(self, chat: Chat) -> None:
        self.events.publish(chat)
        self.sender.wake()

    def _now(self) -> float:
        return self._context.clock.now().timestamp()


def place_next(connection: Any, chat: Chat, current: Chat, end: BranchEnd, history: str | None) -> dict[str, str]:
    """Place a message after the one that is shown last. `chat`: as it was when its end was looked for.

    Raises Conflict if the history is not this one.
    """
    if history not in {None, answers.read_history(connection, current)}:
        raise Conflict(CHANGED)
    if current.current_message != chat.current_message:
        return {"parent": answers.find_end(connection, current)}
    shown = current.model_copy(update={"current_message": end.here or current.current_message})
    return {"parent": answers.find_end(connection, shown), "follows": end.imported}


def is_node(connection: Any, chat: Chat, message_id: str) -> bool:
    """Return whether a message can follow this one: it is one of the conversation, or an answer that is open or has failed."""
    row = answers.find(connection, message_id)
    return live.has_message(connection, chat.key, message_id) or bool(row and row.conversation == chat.key)


def find_question(connection: Any, chat: Chat, message_id: str) -> str:
    """Find the message that another answer is asked for: this one of the user, or the one that this answer follows.

    Raises NotFound, and Conflict for an answer to nothing.
    """
    row = answers.find(connection, message_id)
    if row and row.conversation == chat.key:
        return row.message
    path = live.read_path(connection, chat.key, message_id)
    if not path:
        raise NotFound(NO_MESSAGE)
    if path[-1].role is not Role.assistant:
        return message_id
    if len(path) < 2:
        raise Conflict("This answer follows no message.")
    return path[-2].id


@asynccontextmanager
async def running_chats(context: Context, openai: OpenAIConnection, spending: Spending) -> AsyncIterator[Chats]:
    """Send what waits, and delete what has expired, while the block runs."""
    streams, events = AnswerStreams(), ChatEvents(context)
    outcomes = Outcomes(context, spending, streams, events)
    exchange = Exchange(context, openai, spending, streams, events, outcomes)
    sender = Sender(context, openai, exchange, streams, events, outcomes)
    chats = Chats(context, sender, Recorder(context, spending, events), streams, events, outcomes)
    openai.listen(sender.retry)
    await context.database.write(projects.add_default, context.clock.now().timestamp())
    tasks = [context.tasks.start(sender.run(), name=SEND), context.tasks.repeat(chats.prune, chats.prune_seconds, name=PRUNE)]
    try:
        yield chats
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await sender.close()
