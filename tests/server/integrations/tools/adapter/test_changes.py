import asyncio

import mcp_types as types
import pytest
from mcp import Client
from mcp.server.mcpserver import Context, MCPServer

from server.integrations.tools.adapter.changes import follow_changes, is_list_change


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (types.ToolListChangedNotification(), True),
        (types.ResourceListChangedNotification(), True),
        (types.PromptListChangedNotification(), True),
        (types.ProgressNotification(params=types.ProgressNotificationParams(progress_token=1, progress=1)), False),
        (ValueError(), False),
    ],
)
def test_notification_of_a_changed_list_is_known(message: object, expected: bool) -> None:
    assert is_list_change(message) is expected


async def test_subscription_reports_changes() -> None:
    server = MCPServer(name="changing")

    @server.tool()
    async def change(context: Context) -> str:
        """Change the list."""
        await context.notify_tools_changed()
        return "changed"

    changes: list[int] = []
    async with Client(server, cache=None) as client:
        task = asyncio.create_task(follow_changes(client, lambda: changes.append(1)))
        async with asyncio.timeout(60):
            while not changes:
                await client.call_tool("change", {})
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
