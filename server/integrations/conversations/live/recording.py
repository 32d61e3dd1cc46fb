"""Exchanges that went to OpenAI without a conversation of ours, stored as one: calls of /v1, and of chat/completions."""

import uuid
from collections.abc import Sequence
from typing import Any

from server.integrations.conversations.adapter.protocol import Answer, Turn
from server.integrations.conversations.live.events import ChatEvents
from server.integrations.conversations.live.models import Chat, NewChat, NewMessage, make_message_id
from server.integrations.conversations.live.turns import digest_turns, make_title
from server.integrations.conversations.models import Role, Source
from server.integrations.conversations.openai_account.spending import Reservation, Spending
from server.integrations.conversations.store import answers, live, projects
from server.sdk.context import Context

ROLES = {"developer": Role.system}


class Recorder:
    """Stores exchanges."""

    def __init__(self, context: Context, spending: Spending, events: ChatEvents) -> None:
        self.events = events
        self._context, self._spending = context, spending

    async def record(
        self,
        client: str,
        project_id: str,
        turns: Sequence[Turn],
        answer: Answer,
        reservation: Reservation | None,
        previous_response_id: str = "",
        source: Source = Source.api,
    ) -> Chat:
        """Store an exchange with its cost and its events in one transaction; return its conversation.

        It goes on with the client's conversation that begins with the first of the turns, or has the response before.
        """
        now = self._context.clock.now().timestamp()
        digests = digest_turns(turns)

        def store(connection: Any) -> Chat:
            chat, leaf, known = find_start(connection, client, digests, previous_response_id)
            if chat is None:
                model = reservation.model if reservation else answer.model
                chat = self._create(connection, client, project_id, turns, model, now, source)
            for turn in turns[known:]:
                new = make_message(turn.role, turn.text, leaf, now)
                live.add_message(connection, chat, new)
                self.events.emit_message(connection, chat, new)
                leaf = new.id
            cost = self._spending.settle_in(connection, reservation, answer, chat.project, client)
            new = make_message("assistant", answer.text, leaf, now, model=answer.model)
            live.add_message(connection, chat, new)
            digest = "" if previous_response_id else digest_turns((*turns, Turn(role="assistant", text=answer.text)))[-1]
            answers.add_done(connection, chat, new, answer.id, client, cost, digest)
            live.show_path(connection, chat, new.id)
            if digest:
                live.set_digest(connection, chat.key, digest)
            self.events.emit_answer(connection, chat, new)
            return chat

        chat = await self._context.database.write(store)
        self.events.publish(chat)
        return chat

    def _create(
        self, connection: Any, client: str, project_id: str, turns: Sequence[Turn], model: str, now: float, source: Source
    ) -> Chat:
        title = make_title(next((turn.text for turn in turns if turn.role == "user"), ""))
        new = NewChat(
            id=str(uuid.uuid4()),
            project=projects.find_id(connection, project_id),
            title=title,
            model=model,
            source=source,
            client=client,
            created_at=now,
        )
        chat = live.require(connection, live.create(connection, new))
        self.events.emit_created(connection, chat)
        return chat


def find_start(connection: Any, client: str, digests: list[str], response_id: str) -> tuple[Chat | None, str, int]:
    """Find the conversation that an exchange goes on with, the message that it follows, and how many turns are known."""
    if response_id:
        row = answers.find_by_response(connection, client, response_id)
        chat = live.read(connection, row.conversation) if row else None
        return (chat, row.id, 0) if row and chat else (None, "", 0)
    match = live.find_by_digest(connection, client, digests[:-1]) if client else None
    if match is None:
        return None, "", 0
    chat, digest = match
    leaf = answers.find_by_history(connection, chat.key, digest) or chat.current_message
    return chat, leaf, digests.index(digest) + 1


def make_message(role: str, text: str, parent: str, now: float, model: str = "") -> NewMessage:
    """Make the message of a turn."""
    known = ROLES.get(role) or (Role(role) if role in set(Role) else Role.user)
    return NewMessage(id=make_message_id(), parent=parent, role=known, text=text, created_at=now, model=model)
