"""The service of conversations: what its parts share, and its health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.integrations.conversations.assets import AssetFiles
from server.integrations.conversations.imports import Imports, run_imports
from server.sdk.context import Context
from server.sdk.health import Health


class ConversationsService(Health):
    """Live conversations, the archive, search and OpenAI, each a part of its own."""

    def __init__(self, context: Context, imports: Imports) -> None:
        self.context = context
        self.imports = imports
        self.assets = AssetFiles(context.folders)


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[ConversationsService]:
    """Start it, and end it afterwards."""
    async with run_imports(context) as imports:
        yield ConversationsService(context, imports)
