"""Submission: prompts, chats and clients that are new. Each function is a part of its caller's transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server.core.errors import Forbidden, Unavailable
from server.integrations.queue.models import Chat, ClientRef, Prompt, PromptOrder
from server.integrations.queue.states import State
from server.integrations.queue.store import attachments, chats, clients, control, prompts
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.rows import to_moment, to_seconds, write_entry, write_list

DRAINING = "The queue takes no new requests at the moment. Try again later."
NOT_ALLOWED = "The person does not allow this client to put requests into ChatGPT."


@dataclass(frozen=True, slots=True)
class Submission:
    """A prompt to be stored. `depth`: the webhooks that led to it."""

    id: str
    client: ClientRef
    order: PromptOrder
    depth: int
    call: Call


def make_id(now: float) -> str:
    """Make a UUID that begins with the time (version 7, RFC 9562): a large index is written at its end, not everywhere."""
    chance = secrets.randbits(74)
    value = f"{int(now * 1_000) << 80 | 7 << 76 | chance >> 62 << 64 | 2 << 62 | chance & (1 << 62) - 1:032x}"
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"  # a uuid.UUID takes three times as long


def submit_all(connection: Connection, submissions: Sequence[Submission]) -> list[Prompt | Exception]:
    """Store prompts, and the chats and clients that are new."""
    last, last_chat, draining = control.allocate_numbers(connection, len(submissions), len(submissions))
    if draining:
        return [Unavailable(DRAINING, retry_after=60) for _ in submissions]
    approvals = clients.add_clients(connection, (each.client for each in submissions), submissions[0].call.now)
    outcomes: list[Prompt | Exception] = []
    rows: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    shared: list[str] = []  # chats that may have other prompts
    first, first_chat = last - len(submissions) + 1, last_chat - len(submissions) + 1
    new_chats = NewChats(connection)
    for offset, each in enumerate(submissions):
        if approvals[each.client.id] is False:
            outcomes.append(Forbidden(NOT_ALLOWED))
            continue
        chat = new_chats.find_or_add(each, first_chat + offset)
        made = make_prompt(each, chat, first + offset)
        if each.order.chat_id:
            shared.append(made.chat_key)
        can_start = not each.order.chat_id and approvals[each.client.id]
        rows.append(make_row(made, ready=choose_ready(made, each.call.now) if can_start else 0))
        files.extend(attachments.make_rows(made.number, each.order.attachments))
        outcomes.append(made)
    if rows:
        new_chats.store()
        prompts.add_prompts(connection, rows)
        if files:
            attachments.add_files(connection, files)
        chats.refresh(connection, shared, submissions[0].call.now)
    return outcomes


class NewChats:
    """Chats of a batch of prompts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], Chat] = {}
        self._new: list[dict[str, Any]] = []

    def find_or_add(self, submission: Submission, number: int) -> Chat:
        """Find the chat of a prompt, or make it. `number`: of a new one."""
        chat_id, client_id = submission.order.chat_id, submission.client.id
        if chat_id is None:
            return self._add(submission, number)
        chat = self._known.get((client_id, chat_id)) or chats.find_chat(self._connection, client_id, chat_id)
        self._known[client_id, chat_id] = chat or self._add(submission, number)
        return self._known[client_id, chat_id]

    def store(self) -> None:
        """Store those that are new."""
        if self._new:
            chats.add_chats(self._connection, self._new)

    def _add(self, submission: Submission, number: int) -> Chat:
        chat_id, now = submission.order.chat_id, submission.call.now
        values = {"id": number, "client": submission.client.id, "chat_id": chat_id, "title": None}
        self._new.append(values | {"created_at": now, "updated_at": now})
        return Chat(number, chat_id, None, to_moment(now), to_moment(now))


def make_prompt(submission: Submission, chat: Chat, number: int) -> Prompt:
    """Make the value of a new prompt."""
    order = submission.order
    return Prompt(
        id=submission.id,
        number=number,
        client=submission.client,
        state=State.idle,
        message=order.message,
        response_type=order.response_type,
        thinking_time=order.thinking_time,
        chat=chat,
        queued_at=to_moment(submission.call.now),
        priority=order.priority,
        not_before=order.not_before,
        project=order.project,
        model=order.model,
        temporary=order.temporary,
        webhook_url=order.webhook_url,
        attachments=tuple(file.describe() for file in order.attachments),
        chat_key=chats.make_key(chat.id, chat.chat_id),
        webhook_depth=submission.depth,
    )


def choose_ready(made: Prompt, now: float) -> int:
    """Choose the column `ready` of a prompt that is the first of its chat."""
    return 2 if made.not_before and made.not_before.timestamp() > now else 1


def make_row(made: Prompt, ready: int) -> dict[str, Any]:
    """Make the row of a new prompt."""
    queued_at = made.queued_at.timestamp()
    return {
        "number": made.number,
        "id": made.id,
        "client": made.client.id,
        "chat": made.chat.id,
        "chat_key": made.chat_key,
        "ready": ready,
        "priority": made.priority,
        "position": float(made.number),
        "not_before": to_seconds(made.not_before),
        "queued_at": queued_at,
        "response_type": made.response_type,
        "thinking_time": made.thinking_time,
        "project": made.project,
        "model": made.model,
        "temporary": made.temporary,
        "webhook_url": made.webhook_url,
        "webhook_depth": made.webhook_depth,
        "attachments": write_list(made.attachments),
        "message": made.message,
        "history": write_entry(queued_at, State.idle),
    }
