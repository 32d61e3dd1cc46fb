"""Prompts: adding, finding and listing them. Each function is a part of its caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, false, func, insert, literal_column, select, true, update

from server.core.errors import NotFound
from server.integrations.queue.models import Answer, Page, Prompt, PromptFilter
from server.integrations.queue.states import OPEN, STATUSES, State
from server.integrations.queue.store.control import allocate_numbers
from server.integrations.queue.store.rows import PROMPTS, read_history, to_answer, to_prompt
from server.integrations.queue.store.tables import IS_DEAD, IS_OPEN, OPEN_CLIENT, OPEN_NUMBER, answer, prompt
from server.storage.prepared import Prepared

UNKNOWN = "There is no such request."

NEW = {"state": "'idle'", "lane": "'browser'", "token": "0", "attempts": "0", "ends": "0", "notes": "'[]'"}
ADD = Prepared(
    insert(prompt).values(
        **{name: literal_column(value) for name, value in NEW.items()}, is_open=true(), dead=false(), find_first=false()
    )
)
OF_ID = PROMPTS.where(prompt.c.id == bindparam("which"))
FIND = Prepared(OF_ID)
LOCK = Prepared(OF_ID.with_for_update(of=prompt))  # of no effect in SQLite, whose writer is one
DETAILS = select(prompt.c.history, prompt.c.partial).where(prompt.c.number == bindparam("which"))
ANSWERS = select(answer).where(answer.c.prompt == bindparam("which")).order_by(answer.c.number)
LATEST = (
    select(func.max(answer.c.number)).where(answer.c.prompt.in_(bindparam("numbers", expanding=True))).group_by(answer.c.prompt)
)
RESPONSES = select(answer.c.prompt, answer.c.text).where(answer.c.number.in_(LATEST))
POSITION = select(prompt.c.position).where(prompt.c.number == bindparam("which"))
IDLE = (
    PROMPTS.where(bindparam("of") == OPEN_CLIENT, IS_OPEN, prompt.c.state == State.idle)
    .order_by(OPEN_NUMBER)
    .limit(bindparam("most"))
)
PREVIOUS = select(func.max(prompt.c.position)).where(IS_OPEN, prompt.c.position < bindparam("before"))
SHIFT = update(prompt).where(IS_OPEN, prompt.c.position >= bindparam("start")).values(position=prompt.c.position + 1)


def add_prompts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new prompts."""
    ADD.run(connection, rows)


def find_prompt(connection: Connection, prompt_id: str, client_id: str | None = None) -> Prompt:
    """Find a prompt, for reading. Raises NotFound if there is none of this client."""
    return require_row(FIND.read(connection, which=prompt_id), client_id)


def require_prompt(connection: Connection, prompt_id: str, client_id: str | None = None) -> Prompt:
    """Find a prompt, and lock it until the end of the transaction. Raises NotFound if there is none of this client."""
    return require_row(LOCK.read(connection, which=prompt_id), client_id)


def require_row(rows: Sequence[Sequence[Any]], client_id: str | None) -> Prompt:
    """Convert the row of one prompt. Raises NotFound if there is none, or that of another client."""
    for current in map(to_prompt, rows):
        if client_id in {None, current.client.id}:
            return current
    raise NotFound(UNKNOWN)


def find_prompts(connection: Connection, prompt_ids: Sequence[str]) -> dict[str, Prompt]:
    """Find prompts by their ids, and keep them from others until the end of the transaction."""
    ids: Sequence[str] = list(dict.fromkeys(prompt_ids))
    most = 1 << (len(ids) - 1).bit_length()  # so that there are few statements
    values = {f"id{place}": ids[min(place, len(ids) - 1)] for place in range(most)}
    return {current.id: current for current in map(to_prompt, lock_some(most).read(connection, **values))}


@cache
def lock_some(count: int) -> Prepared:
    """Make the statement that finds so many prompts."""
    ids: list[BindParameter[str]] = [bindparam(f"id{place}") for place in range(count)]
    return Prepared(PROMPTS.where(prompt.c.id.in_(ids)).with_for_update(of=prompt))


def read_prompt(connection: Connection, prompt_id: str, client_id: str | None = None) -> Prompt:
    """Read a prompt with its answers, partial text and history."""
    current = find_prompt(connection, prompt_id, client_id)
    details = connection.execute(DETAILS, {"which": current.number}).one()
    answers = tuple(to_answer(row) for row in connection.execute(ANSWERS, {"which": current.number}))
    response = choose_response(current, answers)
    return replace(current, answers=answers, response=response, partial=details.partial, history=read_history(details.history))


def choose_response(current: Prompt, answers: Sequence[Answer]) -> str | None:
    """Choose the answer that a client sees: the latest, once the prompt is done."""
    return answers[-1].text if answers and current.state == State.done else None


def list_prompts(connection: Connection, selection: PromptFilter) -> Page[Prompt]:
    """List prompts, newest first, with their answers."""
    rows = [to_prompt(row) for row in connection.execute(write_page(selection))]
    items = add_responses(connection, rows[: selection.limit])
    following = str(items[-1].number) if len(rows) > selection.limit else None
    total = connection.scalar(select_prompts(select(func.count()).select_from(prompt), selection)) if selection.count else 0
    return Page(items, following, int(total or 0))


def write_page(selection: PromptFilter) -> Select[Any]:
    """Write the query of a page, with one prompt more."""
    number = OPEN_NUMBER if list_states(selection) <= set(OPEN) else prompt.c.number
    page = select_prompts(PROMPTS, selection).order_by(number if selection.oldest_first else number.desc())
    if selection.cursor and selection.cursor.isdecimal():
        page = page.where(number < int(selection.cursor))
    return page.limit(selection.limit + 1)


def add_responses(connection: Connection, prompts: Sequence[Prompt]) -> list[Prompt]:
    """Add to prompts that are done their latest answers."""
    done = [current.number for current in prompts if current.state == State.done]
    texts = {row.prompt: row.text for row in connection.execute(RESPONSES, {"numbers": done})} if done else {}
    return [replace(current, response=texts.get(current.number)) for current in prompts]


def select_prompts(query: Select[Any], selection: PromptFilter) -> Select[Any]:
    """Restrict a query to a selection."""
    states = list_states(selection)
    if states != set(State):
        query = query.where(prompt.c.state.in_(sorted(states)))
    if states <= set(OPEN):
        query = query.where(IS_OPEN)  # an index of few
    if selection.client_id is not None:
        query = query.where((OPEN_CLIENT if states <= set(OPEN) else prompt.c.client) == selection.client_id)
    if selection.dead is not None:
        query = query.where(IS_DEAD if selection.dead else ~IS_DEAD)
    if selection.chat is not None:
        query = query.where(prompt.c.chat == selection.chat)
    if selection.query:
        query = query.where(prompt.c.message.icontains(selection.query, autoescape=True))
    return query


def list_states(selection: PromptFilter) -> set[State]:
    """List the states of a selection."""
    return {each for each in selection.states or State if selection.status in {None, STATUSES[each]}}


def make_room(connection: Connection, following: Prompt) -> float:
    """Find a position that is directly before another prompt's, and shift all that follow if there is none."""
    position = float(connection.scalar(POSITION, {"which": following.number}) or 0)
    previous = connection.scalar(PREVIOUS, {"before": position})
    middle = position - 1 if previous is None else (previous + position) / 2
    if middle in {previous, position}:
        allocate_numbers(connection, 1, 0)  # so that the next one comes after all of them
        connection.execute(SHIFT, {"start": position})
        return position
    return middle


def list_idle(connection: Connection, client_id: str, most: int) -> list[Prompt]:
    """List prompts of a client that wait, in the order of submission."""
    return [to_prompt(row) for row in connection.execute(IDLE, {"of": client_id, "most": most})]
