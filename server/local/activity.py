"""Activity: past and running calls, searched and counted."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from server.access.activity.entry import Entry, Outcome
from server.access.activity.search import Search
from server.access.guard.record import NO_FIT
from server.core.invisible import make_visible
from server.core.sentences import describe_outcome
from server.core.text import shorten
from server.local.models import ActivityLine, ActivityPage, ActivityView, TodayView
from server.runtime.state import State

SEARCH_SECONDS = 1.0  # after which a page of the activity shows what was found until then
NO_WORDS = ("id", "ids", "token", "format")  # arguments whose values are meaningless to a reader
LARGEST_ID = 2**62
WELL = (Outcome.done, Outcome.running, Outcome.waiting)
WITHOUT_EFFECT = (Outcome.refused, Outcome.repeated)  # the sentence of such a call does not name its subject
ASKED = ("denied", "expired", "cancelled")  # decisions on approval requests
Id = Annotated[int, Field(ge=-LARGEST_ID, le=LARGEST_ID)]


class Wanted(BaseModel):
    """Which calls to list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=1000, description="How many at most.")
    before: Id | None = Field(None, ge=1, description="The id from which to go on.")
    client: str | None = Field(None, max_length=200, description="Only requests of this client.")
    outcome: list[Outcome] = Field([], max_length=10, description="Only those that ended in one of these ways.")
    kind: Literal["reads", "changes"] | None = Field(
        None, description="Only those that read, or only those that change something."
    )
    operation: str | None = Field(None, max_length=200, description="Only calls of this operation.")
    integration: str | None = Field(None, max_length=100, description="Only calls of this integration's operations.")
    since: datetime | None = Field(None, description="Only those from this moment on.")
    until: datetime | None = Field(None, description="Only those before this moment.")
    search: str = Field("", max_length=200, description="Words that stand in them, each of them somewhere.")
    ids: list[Id] | None = Field(None, max_length=200, description="Only these.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/activity")

    @routes.get("")
    async def list_activity(wanted: Annotated[Wanted, Query()]) -> list[ActivityView]:
        """Lists the latest calls with their contents, newest first; `before`: continue from an id."""
        entries = await state.activity.list(wanted.limit, wanted.before, make_search(state, wanted))
        owners = state.runtime.owners()
        return [view(entry, owners) for entry in entries]

    @routes.get("/page")
    async def read_activity_page(wanted: Annotated[Wanted, Query()]) -> ActivityPage:
        """Shows a page of the activity, without what runs at this moment. A search that takes long shows what it has by then."""
        live = tuple(entry.id for entry in state.activity.running())
        search = make_search(state, wanted, contents=False, without=live)
        result = await state.activity.search(search, wanted.limit, wanted.before, SEARCH_SECONDS)
        owners = state.runtime.owners()
        return ActivityPage(entries=[view_line(entry, owners) for entry in result.entries], earlier=result.earlier)

    @routes.get("/running")
    async def list_running() -> list[ActivityLine]:
        """Lists the calls that run at this moment, newest first. Those that read have a number below zero until they end."""
        owners = state.runtime.owners()
        return [view_line(entry, owners) for entry in state.activity.running()]

    @routes.get("/today")
    async def count_today() -> TodayView:
        """Counts the calls since midnight, as this computer's clock shows it."""
        return TodayView.model_validate(await state.activity.count_today(), from_attributes=True)

    @routes.get("/{entry_id}")
    async def read_activity(entry_id: Annotated[Id, Path()]) -> ActivityView:
        """Shows one call with its contents."""
        entry = await state.activity.read(entry_id)
        return view(entry, state.runtime.owners()).model_copy(update={"undoable": is_undoable(state, entry)})

    return routes


def make_search(state: State, wanted: Wanted, *, contents: bool = True, without: tuple[int, ...] = ()) -> Search:
    """Make the search of the activity log."""
    operations: tuple[str, ...] | None = None if wanted.operation is None else (wanted.operation,)
    if wanted.integration is not None:
        owned = {name for name, owner in state.runtime.owners().items() if owner == wanted.integration}
        operations = tuple(sorted(owned if operations is None else owned & set(operations)))
    return Search(
        client=wanted.client,
        outcomes=tuple(wanted.outcome),
        changes=None if wanted.kind is None else wanted.kind == "changes",
        operations=operations,
        since=wanted.since,
        until=wanted.until,
        text=wanted.search,
        ids=None if wanted.ids is None else tuple(wanted.ids),
        without=without,
        contents=contents,
    )


def view_line(entry: Entry, owners: Mapping[str, str]) -> ActivityLine:
    """Show an entry as a line."""
    without_effect = entry.outcome in WITHOUT_EFFECT or (entry.outcome is Outcome.failed and entry.effect is None)
    lacks_subject = entry.changes and without_effect and entry.decision not in ASKED
    shown = {
        "client": entry.client_name,
        "integration": owners.get(entry.operation),
        "sentence": describe_outcome(entry.sentence, entry.outcome),
        "about": tell_about(parse(entry.arguments)) if lacks_subject else None,
        "note": None if entry.outcome in WELL else make_visible(explain(entry)),
    }
    return ActivityLine.model_validate(vars(entry) | shown)


def view(entry: Entry, owners: Mapping[str, str]) -> ActivityView:
    """Show an entry with its contents."""
    line = view_line(entry, owners)
    contents = {"arguments": parse(entry.arguments), "effect": parse(entry.effect), "result": entry.result}
    return ActivityView(**line.model_dump(), **contents)


def tell_about(arguments: Any, name: str = "") -> str | None:
    """Name the subject of a call: its first readable argument."""
    if isinstance(arguments, Mapping):
        return next(filter(None, (tell_about(value, str(key)) for key, value in arguments.items())), None)
    if isinstance(arguments, list):
        return tell_about(arguments[0], name) if arguments else None
    if not isinstance(arguments, str) or name.lower().rpartition("_")[2] in NO_WORDS:
        return None
    return shorten(arguments)


def explain(entry: Entry) -> str:
    """Explain an unsuccessful call: its error, or the reason of its decision."""
    if entry.decision in {"refused", *ASKED} and entry.reason != NO_FIT:
        return entry.reason
    with suppress(ValueError):
        answer = json.loads(entry.result or "")
        if isinstance(answer, dict) and isinstance(detail := answer.get("detail"), str):
            return detail
    return entry.reason


def parse(text: str | None) -> Any:
    """Parse stored JSON."""
    return json.loads(text) if text else None


def is_undoable(state: State, entry: Entry) -> bool:
    """Return whether a call has been done and not undone, has an inverse, and its arguments are still stored."""
    arguments: Mapping[str, Any] | None = parse(entry.arguments)
    if entry.outcome is not Outcome.done or not arguments or not state.runtime.has_undo(entry.operation):
        return False
    if entry.id in state.undone:
        return False
    order = arguments.get("order")
    return not isinstance(order, dict) or order.get("action", "start") == "start"
