"""Rows of prompts as values, and values as rows."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select

from server.integrations.queue.models import (
    Answer,
    Chat,
    ClientRef,
    HistoryEntry,
    Lane,
    Prompt,
    ResponseType,
    ThinkingTime,
)
from server.integrations.queue.states import State
from server.integrations.queue.store.tables import chat, client, prompt

# what every reading of a prompt selects; its history and partial text are read where they are shown
PROMPTS = (
    select(
        *(column for column in prompt.c if column.name not in {"history", "partial"}),
        client.c.name.label("client_name"),
        chat.c.chat_id,
        chat.c.title,
        chat.c.created_at.label("chat_created_at"),
        chat.c.updated_at.label("chat_updated_at"),
    )
    .join(chat, chat.c.id == prompt.c.chat)
    .join(client, client.c.id == prompt.c.client)
)


def to_moment(seconds: float) -> datetime:
    """Convert a stored time."""
    return datetime.fromtimestamp(seconds, UTC)


def to_optional_moment(seconds: float | None) -> datetime | None:
    """Convert a stored time that may be missing."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def to_seconds(moment: datetime | None) -> float | None:
    """Convert a time for the store."""
    return None if moment is None else moment.timestamp()


def to_chat(row: Row[Any]) -> Chat:
    """Convert a row of queue_chat."""
    return Chat(row.id, row.chat_id, row.title, to_moment(row.created_at), to_moment(row.updated_at))


def to_prompt(row: Row[Any]) -> Prompt:
    """Convert a row of PROMPTS."""
    return Prompt(
        id=row.id,
        number=row.number,
        client=ClientRef(row.client, row.client_name),
        state=State(row.state),
        message=row.message,
        response_type=ResponseType(row.response_type),
        thinking_time=ThinkingTime(row.thinking_time),
        chat=Chat(row.chat, row.chat_id, row.title, to_moment(row.chat_created_at), to_moment(row.chat_updated_at)),
        queued_at=to_moment(row.queued_at),
        priority=row.priority,
        not_before=to_optional_moment(row.not_before),
        project=row.project,
        model=row.model,
        temporary=row.temporary,
        webhook_url=row.webhook_url,
        attachments=read_list(row.attachments),
        lane=Lane(row.lane),
        attempts=row.attempts,
        ends=row.ends,
        chat_key=row.chat_key,
        webhook_depth=row.webhook_depth,
        token=row.token,
        worker=row.worker,
        expires_at=to_optional_moment(row.expires_at),
        started_at=to_optional_moment(row.started_at),
        completed_at=to_optional_moment(row.completed_at),
        error_message=row.error_message,
        error_name=row.error_name,
        dead=row.dead,
        find_first=row.find_first,
        notes=read_list(row.notes),
    )


def to_answer(row: Row[Any]) -> Answer:
    """Convert a row of queue_answer."""
    notes, citations, created_at = read_list(row.notes), read_list(row.citations), to_moment(row.created_at)
    return Answer(row.number, Lane(row.lane), row.model, row.text, notes, citations, created_at, row.seconds)


def read_list(text: str) -> tuple[Any, ...]:
    """Read a list of JSON."""
    return () if text == "[]" else tuple(json.loads(text))


def write_list(items: Sequence[Any]) -> str:
    """Write a list as JSON."""
    return json.dumps(items, ensure_ascii=False) if items else "[]"


def write_entry(now: float, state: State, reason: str = "") -> str:
    """Write a line of a history."""
    return json.dumps([now, state, reason], ensure_ascii=False) + "\n"


def read_history(text: str) -> tuple[HistoryEntry, ...]:
    """Read a history."""
    entries = map(json.loads, text.rstrip("\n").split("\n"))  # splitlines() knows more ends of lines than JSON does
    return tuple(HistoryEntry(to_moment(at), State(state), reason) for at, state, reason in entries)
