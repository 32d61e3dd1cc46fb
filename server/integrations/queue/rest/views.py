"""Prompts and chats as clients see them, within the size that any answer may have."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from server.integrations.queue.models import Chat, Place, Prompt
from server.integrations.queue.rest.models import AnswerView, ChatView, PromptView
from server.integrations.queue.states import State

View = TypeVar("View", bound=BaseModel)
LARGEST_TEXTS = 80_000  # characters as JSON, below the 90,000 that any answer may have
SHORTEST_MESSAGE = 2_000  # characters of it that are shown beside a long answer


def view_prompt(prompt: Prompt, place: Place | None = None, text_offset: int = 0) -> PromptView:
    """View of a prompt. `text_offset`: where the part of its answer begins that is shown."""
    response, end = cut(prompt.response, text_offset, LARGEST_TEXTS - SHORTEST_MESSAGE)
    left = LARGEST_TEXTS - measure(response)
    message, _ = cut(prompt.message, 0, left)
    partial, _ = cut(prompt.partial, 0, left - measure(message)) if prompt.response is None else (None, None)
    left -= measure(message) + measure(partial)
    return PromptView(
        id=prompt.id,
        message=message or "",
        response_type=prompt.response_type,
        thinking_time=prompt.thinking_time,
        status=prompt.status,
        response=response,
        error_message=prompt.error_message,
        chat=prompt.chat.chat_id,
        queued_at=prompt.queued_at,
        started_at=prompt.started_at,
        completed_at=prompt.completed_at,
        next_text_offset=end,
        error_name=prompt.error_name,
        uncertain=prompt.state is State.uncertain,
        position=place and place.position,
        expected_at=place and place.expected_at,
        priority=prompt.priority,
        not_before=prompt.not_before,
        project=prompt.project,
        model=prompt.model,
        temporary=prompt.temporary,
        attempts=prompt.attempts,
        lane=prompt.lane,
        attachments=[file["name"] for file in prompt.attachments],
        notes=list(prompt.notes),
        partial_response=partial,
        answers=view_answers(prompt, left),
    )


def view_answers(prompt: Prompt, left: int) -> list[AnswerView]:
    """View of all answers if there is another one than the latest, each cut to its share of the characters that are left."""
    if len(prompt.answers) <= (prompt.response is not None):
        return []
    share = max(0, left // len(prompt.answers))
    return [
        AnswerView(
            lane=answer.lane, model=answer.model, response=cut(answer.text, 0, share)[0] or "", created_at=answer.created_at
        )
        for answer in prompt.answers
    ]


def view_page(prompts: Sequence[Prompt], places: Mapping[str, Place]) -> list[PromptView]:
    """View of as many prompts of a page as one answer holds."""
    return fit(view_prompt(prompt, places.get(prompt.id)) for prompt in prompts)


def fit(views: Iterable[View]) -> list[View]:
    """Take as many views as one answer holds: at least one, if there are any."""
    taken: list[View] = []
    left = LARGEST_TEXTS
    for view in views:
        left -= len(view.model_dump_json())
        if taken and left < 0:
            break
        taken.append(view)
    return taken


def view_chat(chat: Chat) -> ChatView:
    """View of a chat."""
    return ChatView(id=chat.id, chat_id=chat.chat_id, title=chat.title, created_at=chat.created_at, updated_at=chat.updated_at)


def measure(text: str | None) -> int:
    """Measure a text as JSON."""
    return 0 if text is None else len(json.dumps(text, ensure_ascii=False)) - 2


def cut(text: str | None, start: int, most: int) -> tuple[str | None, int | None]:
    """Cut the part of a text that fits; return it and where the rest begins."""
    if text is None:
        return None, None
    part = text[start : start + max(0, most)]
    while measure(part) > most:
        part = part[: len(part) * 3 // 4]
    end = start + len(part)
    return part, end if end < len(text) else None
