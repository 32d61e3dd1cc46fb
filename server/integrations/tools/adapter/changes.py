"""Changes of a server's lists: notifications, or a subscription from revision 2026-07-28 of the protocol on."""

import asyncio
from collections.abc import Callable
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from mcp.shared.exceptions import MCPError

from server.core.backoff import Backoff, BackoffLimits

CHANGES = (
    types.ToolListChangedNotification,
    types.ResourceListChangedNotification,
    types.PromptListChangedNotification,
)
LIMITS = BackoffLimits(first_delay=1.0, longest_delay=60.0, max_restarts=20)


def is_list_change(message: Any) -> bool:
    """Return whether a notification says that a list has changed."""
    return isinstance(message, CHANGES)


async def follow_changes(client: Client, on_change: Callable[[], None]) -> None:
    """Subscribe to the changes of a server that offers it, and again when the subscription is lost."""
    backoff, loop = Backoff(LIMITS), asyncio.get_running_loop()
    while True:
        try:
            await subscribe(client, on_change)
        except SubscriptionLost:
            on_change()  # it may have changed meanwhile
        except (ListenNotSupportedError, MCPError, TimeoutError):
            return
        delay = backoff.next_delay(loop.time())
        if delay is None:
            return
        await asyncio.sleep(delay)


async def subscribe(client: Client, on_change: Callable[[], None]) -> None:
    """Follow one subscription to its end."""
    wanted = client.server_capabilities
    async with client.listen(
        tools_list_changed=wanted.tools is not None,
        resources_list_changed=wanted.resources is not None,
        prompts_list_changed=wanted.prompts is not None,
    ) as subscription:
        async for _ in subscription:
            on_change()
