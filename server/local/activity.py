"""What happened, as the person reads it."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query

from server.access.activity import Entry
from server.local.models import ActivityView
from server.state import State
from server.words import tell


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()

    @routes.get("/activity")
    async def list_activity(
        limit: Annotated[int, Query(ge=1, le=1000)] = 50, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
    ) -> list[ActivityView]:
        """Lists the latest calls, newest first; `before` goes on from an id."""
        return [view(entry) for entry in await state.activity.list(limit, before)]

    return routes


def view(entry: Entry) -> ActivityView:
    """Show an entry."""
    return ActivityView(
        id=entry.id,
        at=entry.at,
        client=entry.client_name,
        operation=entry.operation,
        sentence=tell(entry.sentence, entry.outcome),
        changes=entry.changes,
        decision=entry.decision,
        reason=entry.reason,
        outcome=entry.outcome,
        status=entry.status,
        duration_ms=entry.duration_ms,
        arguments=parse(entry.arguments),
        effect=parse(entry.effect),
        result=entry.result,
    )


def parse(text: str | None) -> Any:
    """What was kept as JSON."""
    return json.loads(text) if text else None
