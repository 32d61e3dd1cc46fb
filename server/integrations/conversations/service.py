"""The service of conversations: what its parts share, and its health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.integrations.conversations.assets import AssetFiles
from server.integrations.conversations.deletion import Deletion
from server.integrations.conversations.library import Library
from server.integrations.conversations.openai_connection import OpenAIConnection
from server.integrations.conversations.search import Search
from server.integrations.conversations.spending import Spending
from server.sdk.context import Context
from server.sdk.health import Health


class ConversationsService(Health):
    """Live conversations, the archive, search and OpenAI, each a part of its own."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.assets = AssetFiles(context.folders)
        self.library = Library(context, self.assets)
        self.search = Search(context)
        self.openai = OpenAIConnection(context)
        self.spending = Spending(context, self.openai)
        self.deletion = Deletion(context, self.assets, self.openai.api)


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[ConversationsService]:
    """Start it, and end it afterwards."""
    service = ConversationsService(context)
    await service.openai.open()
    await service.spending.open()
    tidying = service.deletion.repeat()
    yield service
    tidying.cancel()
