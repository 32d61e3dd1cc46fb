"""Answers, with their chats and webhooks. Each function is a part of its caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server.core.errors import Conflict, NotFound
from server.integrations.queue.models import Chat, Prompt, PromptResult
from server.integrations.queue.states import State, list_sources
from server.integrations.queue.store import chats, prompts, transitions
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.prompts import UNKNOWN
from server.integrations.queue.store.rows import to_moment, to_seconds, write_entry, write_list
from server.integrations.queue.store.transitions import STALE
from server.integrations.queue.store.webhooks import send_webhooks

SOURCES = frozenset(list_sources("complete"))


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer to be stored."""

    prompt_id: str
    token: int
    result: PromptResult
    call: Call


@dataclass(frozen=True, slots=True)
class Answered:
    """A prompt that is done, with what it was before."""

    prompt: Prompt
    chat_key: str
    started_at: float | None
    result: PromptResult
    now: float


def complete_all(connection: Connection, completions: Sequence[Completion]) -> list[Prompt | Exception]:
    """Store answers. The first one of a lease counts, and a repetition of it changes nothing."""
    current = prompts.find_prompts(connection, [each.prompt_id for each in completions])
    outcomes: list[Prompt | Exception] = []
    answered: list[Answered] = []
    for each in completions:
        prompt = current.get(each.prompt_id)
        if prompt is None:
            outcomes.append(NotFound(UNKNOWN))
        elif prompt.token == each.token and prompt.state == State.done:
            outcomes.append(prompt if prompt.response is not None else prompts.add_responses(connection, [prompt])[0])
        elif prompt.token != each.token or prompt.state not in SOURCES:
            outcomes.append(Conflict(STALE))
        else:
            answered.append(finish(prompt, each))
            outcomes.append(prompt)
    if answered:
        write(connection, answered)
        send_webhooks(connection, completions[0].call.outbox, [each.prompt for each in answered])
    return outcomes


def finish(prompt: Prompt, completion: Completion) -> Answered:
    """Give a prompt its answer."""
    result, now = completion.result, completion.call.now
    answered, moment = Answered(prompt, prompt.chat_key, to_seconds(prompt.started_at), result, now), to_moment(now)
    chat_id = result.chat_id or prompt.chat.chat_id
    prompt.chat = Chat(prompt.chat.id, chat_id, result.chat_title or prompt.chat.title, prompt.chat.created_at, moment)
    prompt.chat_key = chats.make_key(prompt.chat.id, chat_id)
    prompt.state, prompt.response, prompt.notes, prompt.ends = State.done, result.text, result.notes, prompt.ends + 1
    prompt.started_at, prompt.completed_at = prompt.started_at or moment, moment
    prompt.worker = prompt.expires_at = prompt.error_name = prompt.error_message = None
    prompt.find_first = prompt.dead = False
    return answered


def write(connection: Connection, answered: Sequence[Answered]) -> None:
    """Write the rows of prompts that are done, and let the next prompts of their chats be claimed."""
    now = answered[0].now
    transitions.finish(connection, [make_row(each) for each in answered], [make_answer(each) for each in answered])
    of_chats = [each.prompt.chat for each in answered]
    chats.update_chats(connection, [{"which": c.id, "known_as": c.chat_id, "named": c.title, "now": now} for c in of_chats])
    for each in answered:
        if each.chat_key != each.prompt.chat_key:
            chats.rename_key(connection, each.prompt.chat.id, each.prompt.chat_key, now)
    shared = (each.chat_key for each in answered if each.prompt.chat.chat_id)  # a chat without an id has no other prompts
    chats.refresh(connection, shared, now)


def make_row(answered: Answered) -> dict[str, Any]:
    """Make the changes of a prompt that is done."""
    prompt, now = answered.prompt, answered.now
    return {
        "which": prompt.number,
        "begun": answered.started_at or now,
        "now": now,
        "remarks": write_list(prompt.notes),
        "key": prompt.chat_key,
        "entry": write_entry(now, State.done),
    }


def make_answer(answered: Answered) -> dict[str, Any]:
    """Make the row of an answer."""
    result, now = answered.result, answered.now
    return {
        "prompt": answered.prompt.number,
        "lane": result.lane,
        "model": result.model,
        "notes": write_list(result.notes),
        "citations": write_list(result.citations),
        "created_at": now,
        "seconds": now - answered.started_at if answered.started_at else None,
        "text": result.text,
    }
