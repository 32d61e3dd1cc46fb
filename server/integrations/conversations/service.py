"""The service of conversations: what its parts share, and its health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from server.integrations.conversations.compatible.service import CompatibleApi
from server.integrations.conversations.deletion.deletion import Deletion
from server.integrations.conversations.deletion.tidying import Tidying
from server.integrations.conversations.deliveries.limits import DeliveryRate, make_authenticator, take_secret
from server.integrations.conversations.deliveries.received import Received
from server.integrations.conversations.demo_content import fill
from server.integrations.conversations.export.exports import Exports
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.imports.browser_history import BrowserHistory
from server.integrations.conversations.imports.imports import Imports
from server.integrations.conversations.library.library import Library
from server.integrations.conversations.live.chats import Chats, running_chats
from server.integrations.conversations.live.completions import Completions
from server.integrations.conversations.live.copies import Copies
from server.integrations.conversations.live.model_answers import OpenAIAnswers
from server.integrations.conversations.live.operations import ChatOperations
from server.integrations.conversations.live.projects import Projects
from server.integrations.conversations.live.sync import Syncs
from server.integrations.conversations.live.sync_operations import SyncOperations
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.spending import Spending
from server.integrations.conversations.openai_account.webhook import OpenAIWebhook
from server.integrations.conversations.search.search import Search
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.history_import import HistoryImport
from server.sdk.model_answers import ModelAnswers


class ConversationsService(Health):
    """Live conversations, the archive, search and OpenAI, each a part of its own."""

    chats: Chats
    completions: Completions
    operations: ChatOperations
    projects: Projects
    copies: Copies
    syncs: Syncs
    sync_operations: SyncOperations
    received: Received
    compatible: CompatibleApi

    def __init__(self, context: Context) -> None:
        self.context = context
        self.imports = Imports(context)
        self.assets = AssetFiles(context.folders)
        self.library = Library(context, self.assets)
        self.search = Search(context)
        self.exports = Exports(self.library, self.search, self.assets)
        self.openai = OpenAIConnection(context)
        self.spending = Spending(context, self.openai)
        self.deletion = Deletion(context)
        self.tidying = Tidying(context, self.assets, partial(self.openai.api, only_openai=True))
        self.authenticator = make_authenticator(context)
        self.delivery_rate = DeliveryRate(context)
        self.openai_webhook = OpenAIWebhook(context, self.openai)

    @property
    def problem(self) -> str | None:
        """The problem of the archive, or of the connection with OpenAI if it is in use."""
        return self.context.archive.problem or self.openai.problem or self.openai.options.problem or self.openai_webhook.problem


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[ConversationsService]:
    """Start it, and end it afterwards."""
    service = ConversationsService(context)
    await service.openai.start()
    await service.spending.open()
    running = (
        service.tidying.repeat(),
        context.tasks.start(service.openai_webhook.run(), name="keep the webhook at OpenAI"),
        context.tasks.start(service.imports.resume(), name="continue importing"),
    )
    try:
        async with running_live(service):
            yield service
    finally:
        for task in running:
            task.cancel()


@asynccontextmanager
async def running_live(service: ConversationsService) -> AsyncIterator[None]:
    """Run live conversations and what copies them to OpenAI while the block runs."""
    context, openai, spending = service.context, service.openai, service.spending
    async with running_chats(context, openai, spending) as chats:
        service.chats, service.projects = chats, Projects(context)
        service.openai_webhook.on_end = chats.events.end_response
        service.completions = Completions(openai, spending, chats.recorder)
        service.operations = ChatOperations(context, chats, service.completions, openai)
        service.received = Received(context, chats.events)
        service.copies = Copies(context, chats.events)
        service.syncs = Syncs(context, openai, service.copies)
        openai.listen(service.syncs.wake)
        service.openai_webhook.on_end = chats.events.end_response
        service.sync_operations = SyncOperations(context, service.syncs)
        service.compatible = CompatibleApi(openai, spending, chats)
        await take_secret(context, service.authenticator)
        await service.syncs.recover()
        if context.demo:
            context.tasks.start(fill(context, service.imports, chats, service.projects, spending), name="fill the demo")
        try:
            with (
                context.offers.offer(ModelAnswers, OpenAIAnswers(openai, service.completions)),
                context.offers.offer(HistoryImport, BrowserHistory(service.imports)),
            ):
                yield
        finally:
            await service.syncs.close()
