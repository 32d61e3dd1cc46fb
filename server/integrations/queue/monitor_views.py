"""Prompts as the window and the command line see them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from server.integrations.queue import local_models as views
from server.integrations.queue.models import Answer, Place, Prompt
from server.integrations.queue.store.monitor import EXCERPT
from server.integrations.queue.store.rows import to_moment

CHAT_ADDRESS = "https://chatgpt.com/c/"
TIMES = ("queued_at", "not_before", "started_at", "completed_at")


def write_time(moment: datetime | float | None) -> str | None:
    """Write a time, or seconds since 1970."""
    if moment is None:
        return None
    at = moment if isinstance(moment, datetime) else to_moment(moment)
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def write_row(row: Mapping[str, Any]) -> views.QueuePrompt:
    """Write a row of a list."""
    times = {name: write_time(row[name]) for name in TIMES}
    return views.QueuePrompt.model_validate({**row, **times, "chat_title": row["title"], "error": row["error_message"]})


def write_details(prompt: Prompt, place: Place | None) -> views.QueuePromptDetails:
    """Write a prompt with all of its text. `place`: None if it does not wait."""
    chat = prompt.chat
    row = {
        "id": prompt.id,
        "number": prompt.number,
        "state": prompt.state.value,
        "dead": prompt.dead,
        "client": prompt.client.name or prompt.client.id,
        "message": prompt.message[:EXCERPT],
        "message_length": len(prompt.message),
        "response_length": None if prompt.response is None else len(prompt.response),
        "chat": chat.id,
        "chat_title": chat.title,
        "lane": prompt.lane,
        "attempts": prompt.attempts,
        "error": prompt.error_message,
        **{name: write_time(getattr(prompt, name)) for name in TIMES},
    }
    return views.QueuePromptDetails(
        **row,
        text=prompt.message,
        response=prompt.response,
        partial=prompt.partial or "",
        position=place.position if place else None,
        expected_at=write_time(place.expected_at) if place else None,
        worker=prompt.worker,
        chat_url=f"{CHAT_ADDRESS}{quote(chat.chat_id, safe='')}" if chat.chat_id else None,
        response_type=prompt.response_type,
        thinking_time=prompt.thinking_time,
        model=prompt.model,
        project=prompt.project,
        temporary=prompt.temporary,
        priority=prompt.priority,
        attachments=[file["name"] for file in prompt.attachments],
        notes=list(prompt.notes),
        answers=[write_answer(answer) for answer in prompt.answers],
        history=[
            views.QueueTransition(at=str(write_time(entry.at)), state=entry.state.value, reason=entry.reason)
            for entry in prompt.history
        ],
    )


def write_answer(answer: Answer) -> views.QueueAnswer:
    """Write an answer."""
    return views.QueueAnswer(
        number=answer.number,
        lane=answer.lane,
        model=answer.model,
        text=answer.text,
        notes=list(answer.notes),
        created_at=str(write_time(answer.created_at)),
        seconds=answer.seconds,
    )
