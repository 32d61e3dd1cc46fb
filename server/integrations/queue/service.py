"""The service of the browser queue: what its parts share, and its health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.integrations.queue.approval import ClientApprovals
from server.integrations.queue.extension.service import Extensions
from server.integrations.queue.queue import Queue
from server.integrations.queue.rest.operations import PromptOperations
from server.integrations.queue.withdrawal import Withdrawal
from server.sdk.context import Context
from server.sdk.health import Health


class QueueService(Health):
    """The queue and the extensions that work on it, each a part of its own."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.queue = Queue(context)
        self.approvals = ClientApprovals(self.queue, context.approval_requests)
        self.prompts = PromptOperations(self.queue, self.approvals)
        self.extensions = Extensions(context, self.queue)


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[QueueService]:
    """Start it, and end it afterwards."""
    service = QueueService(context)
    context.approval_requests.add(service.approvals)
    async with Withdrawal(context, service.queue).running(), service.extensions.running():
        yield service
