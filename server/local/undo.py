"""Undo of a call in the activity, where its operation has an inverse."""

from typing import Annotated

from fastapi import APIRouter, Path

from server.core.errors import Conflict
from server.local.activity import is_undoable, parse
from server.local.models import Undone
from server.runtime.state import State


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/activity")

    @routes.post("/{entry_id}/undo")
    async def undo_call(entry_id: Annotated[int, Path(ge=1)]) -> Undone:
        """Does the opposite of a call, as the person at this computer. Once."""
        entry = await state.activity.read(entry_id)
        if not is_undoable(state, entry):
            raise Conflict("This cannot be undone, or it has been already.")
        state.undone.add(entry_id)
        try:
            await state.runtime.undo(entry.operation, parse(entry.arguments))
        except BaseException:
            state.undone.discard(entry_id)
            raise
        return Undone(operation=entry.operation)

    return routes
