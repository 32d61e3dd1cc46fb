"""Answers, with their chats and webhooks. Each function is a part of its caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from server.core.errors import Conflict, NotFound
from server.integrations.queue.models import Prompt, PromptResult
from server.integrations.queue.states import State, list_sources
from server.integrations.queue.store import chats, prompts, transitions
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.prompts import UNKNOWN
from server.integrations.queue.store.rows import to_moment, to_seconds, write_entry, write_list
from server.integrations.queue.store.transitions import STALE
from server.integrations.queue.store.webhooks import send_webhooks


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer to be stored."""

    prompt_id: str
    token: int
    result: PromptResult
    call: Call


def complete_all(connection: Connection, completions: Sequence[Completion]) -> list[Prompt | Exception]:
    """Store answers. The first one of a lease counts, and a repetition of it changes nothing."""
    found = prompts.find_prompts(connection, [each.prompt_id for each in completions])
    outcomes: list[Prompt | Exception] = []
    answered: list[tuple[Prompt, Prompt, Completion]] = []  # before, and after
    for each in completions:
        prompt = found.get(each.prompt_id)
        if prompt is None:
            outcomes.append(NotFound(UNKNOWN))
        elif prompt.token == each.token and prompt.state == State.done:
            outcomes.append(prompt if prompt.response is not None else prompts.add_responses(connection, [prompt])[0])
        elif prompt.token != each.token or prompt.state not in list_sources("complete"):
            outcomes.append(Conflict(STALE))
        else:
            found[prompt.id] = answer(prompt, each)
            answered.append((prompt, found[prompt.id], each))
            outcomes.append(found[prompt.id])
    if answered:
        write(connection, answered)
        send_webhooks(connection, answered[0][2].call.outbox, [after for _, after, _ in answered])
    return outcomes


def answer(prompt: Prompt, completion: Completion) -> Prompt:
    """Make the value of a prompt that is done."""
    result, moment = completion.result, to_moment(completion.call.now)
    chat_id, title = result.chat_id or prompt.chat.chat_id, result.chat_title or prompt.chat.title
    return replace(
        prompt,
        state=State.done,
        response=result.text,
        notes=result.notes,
        started_at=prompt.started_at or moment,
        completed_at=moment,
        chat=replace(prompt.chat, chat_id=chat_id, title=title, updated_at=moment),
        chat_key=chats.make_key(prompt.chat.id, chat_id),
        worker=None,
        expires_at=None,
        error_name=None,
        error_message=None,
        partial=None,
        find_first=False,
        dead=False,
        ends=prompt.ends + 1,
    )


def write(connection: Connection, answered: Sequence[tuple[Prompt, Prompt, Completion]]) -> None:
    """Write the rows of prompts that are done, and let the next prompts of their chats be claimed."""
    rows, answers, of_chats = [], [], []
    for before, after, each in answered:
        rows.append(
            {
                "which": after.number,
                "begun": to_seconds(after.started_at),
                "now": each.call.now,
                "remarks": write_list(after.notes),
                "key": after.chat_key,
                "entry": write_entry(each.call.now, State.done),
            }
        )
        answers.append(make_answer(before, each))
        of_chats.append({"which": after.chat.id, "known_as": after.chat.chat_id, "named": after.chat.title, "now": each.call.now})
    transitions.finish(connection, rows, answers)
    chats.update_chats(connection, of_chats)
    now = answered[0][2].call.now
    for after in (after for before, after, _ in answered if before.chat_key != after.chat_key):
        chats.rename_key(connection, after.chat.id, after.chat_key, now)
    chats.refresh(connection, (after.chat_key for before, after, _ in answered if before.chat_key == after.chat_key), now)


def make_answer(prompt: Prompt, completion: Completion) -> dict[str, Any]:
    """Make the row of an answer."""
    result = completion.result
    return {
        "prompt": prompt.number,
        "lane": result.lane,
        "model": result.model,
        "notes": write_list(result.notes),
        "citations": write_list(result.citations),
        "created_at": completion.call.now,
        "seconds": completion.call.now - prompt.started_at.timestamp() if prompt.started_at else None,
        "text": result.text,
    }
