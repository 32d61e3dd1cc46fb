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

# what every reading of a prompt selects, in the order of `to_prompt`; its history and partial text are read where they are shown
PROMPTS = (
    select(
        *(prompt.c[name] for name in ("number", "id", "client", "chat", "chat_key", "state", "priority", "lane", "token")),
        *(prompt.c[name] for name in ("worker", "expires_at", "attempts", "ends", "not_before", "queued_at", "started_at")),
        *(prompt.c[name] for name in ("completed_at", "dead", "find_first", "response_type", "thinking_time", "project")),
        *(prompt.c[name] for name in ("model", "temporary", "webhook_url", "webhook_depth", "attachments", "error_name")),
        *(prompt.c[name] for name in ("error_message", "notes", "message")),
        *(client.c[name] for name in ("name", "webhook_url")),
        *(chat.c[name] for name in ("chat_id", "title", "created_at", "updated_at")),
    )
    .join(chat, chat.c.id == prompt.c.chat)
    .join(client, client.c.id == prompt.c.client)
)

write_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes an encoder for each call
# to call an Enum takes six times as long
STATE_OF, LANE_OF = {each.value: each for each in State}, {each.value: each for each in Lane}
RESPONSE_TYPE_OF, THINKING_TIME_OF = {each.value: each for each in ResponseType}, {each.value: each for each in ThinkingTime}


def to_moment(seconds: float) -> datetime:
    """Convert a stored time. One that no calendar has becomes the last that there is, so that a row never hides the others."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def to_optional_moment(seconds: float | None) -> datetime | None:
    """Convert a stored time that may be missing."""
    return None if seconds is None else to_moment(seconds)


def to_seconds(moment: datetime | None) -> float | None:
    """Convert a time for the store."""
    return None if moment is None else moment.timestamp()


def to_chat(row: Row[Any]) -> Chat:
    """Convert a row of queue_chat."""
    return Chat(row.id, row.chat_id, row.title, to_moment(row.created_at), to_moment(row.updated_at))


def to_prompt(row: Sequence[Any]) -> Prompt:
    """Convert a row of PROMPTS. (By position: the names of a row's columns take as long to look up as all the rest.)"""
    number, prompt_id, client_id, chat_number, chat_key, state, priority, lane, token, *more = row
    worker, expires_at, attempts, ends, not_before, queued_at, started_at, completed_at, dead, *more = more
    find_first, response_type, thinking_time, project, model, temporary, webhook_url, webhook_depth, *more = more
    attachments, error_name, error_message, notes, message, client_name, client_url, chat_id, title, *chat_times = more
    return Prompt(
        id=prompt_id,
        number=number,
        client=ClientRef(client_id, client_name),
        state=STATE_OF[state],
        message=message,
        response_type=RESPONSE_TYPE_OF[response_type],
        thinking_time=THINKING_TIME_OF[thinking_time],
        chat=Chat(chat_number, chat_id, title, *map(to_moment, chat_times)),
        queued_at=to_moment(queued_at),
        priority=priority,
        not_before=to_optional_moment(not_before),
        project=project,
        model=model,
        temporary=bool(temporary),
        webhook_url=webhook_url,
        attachments=read_list(attachments),
        lane=LANE_OF[lane],
        attempts=attempts,
        token=token,
        worker=worker,
        expires_at=to_optional_moment(expires_at),
        started_at=to_optional_moment(started_at),
        completed_at=to_optional_moment(completed_at),
        error_message=error_message,
        error_name=error_name,
        dead=bool(dead),
        find_first=bool(find_first),
        notes=read_list(notes),
        chat_key=chat_key,
        ends=ends,
        result_url=webhook_url or client_url,
        webhook_depth=webhook_depth,
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
    return write_json(items) if items else "[]"


def write_entry(now: float, state: State, reason: str = "") -> str:
    """Write a line of a history."""
    said = write_json(reason) if reason else '""'
    return f'[{float(now)!r}, "{state.value}", {said}]\n'  # as JSON writes them, in a quarter of the time


def read_history(text: str) -> tuple[HistoryEntry, ...]:
    """Read a history."""
    entries = map(json.loads, text.rstrip("\n").split("\n"))  # splitlines() knows more ends of lines than JSON does
    return tuple(HistoryEntry(to_moment(at), State(state), reason) for at, state, reason in entries)
