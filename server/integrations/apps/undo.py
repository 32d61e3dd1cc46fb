"""Inverse of starting a program, for the person's Undo."""

from collections.abc import Mapping
from typing import Any

from server.core.errors import Conflict
from server.integrations.apps.models import Action, Order
from server.integrations.apps.service import Launcher


async def undo_control(launcher: Launcher, arguments: Mapping[str, Any]) -> None:
    """Stop a program that was started. Raises Conflict for any other order."""
    order = arguments["order"]
    if order["action"] != Action.start:
        raise Conflict("Only the start of a program can be undone.")
    outcome = await launcher.control(Order(app_name=order["app_name"], action=Action.stop))
    if not outcome.success:
        raise Conflict(outcome.message)


UNDOS = {"control_app": undo_control}
