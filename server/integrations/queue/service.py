"""The service of the browser queue: what its parts share, and its health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.integrations.queue.approval import ClientApprovals
from server.integrations.queue.extension.service import Extensions
from server.integrations.queue.fallback import Fallback
from server.integrations.queue.health import describe_problem, describe_work
from server.integrations.queue.local_models import QueueOverview
from server.integrations.queue.monitor import Monitor
from server.integrations.queue.queue import Queue
from server.integrations.queue.rest.operations import PromptOperations
from server.integrations.queue.retention import Retention
from server.integrations.queue.withdrawal import Withdrawal
from server.sdk.context import Context
from server.sdk.health import Health

SETUP = "Connect your browser under Browser queue."


class QueueService(Health):
    """The queue and the extensions that work on it, each a part of its own."""

    prompts: PromptOperations

    def __init__(self, context: Context) -> None:
        self.context = context
        self.queue = Queue(context, self._list_browsers)
        self.approvals = ClientApprovals(self.queue, context.approval_requests)
        self.prompts = PromptOperations(self.queue, self.approvals)
        self.extensions = Extensions(context, self.queue)
        self.monitor = Monitor(self.queue)
        self.fallback = Fallback(self.queue, lambda: [session.worker for session in self.extensions.hub])
        self._overview: QueueOverview | None = None

    def _list_browsers(self) -> set[frozenset[str]]:
        workers = (session.worker for session in self.extensions.hub)
        return {worker.capabilities for worker in workers if not worker.needs_person}

    async def refresh(self) -> None:
        """Read the state of the queue, for the properties below."""
        self._overview = await self.summarize()

    async def summarize(self) -> QueueOverview:
        """Summarize the queue and the browsers that work on it."""
        paired = await self.extensions.registry.list()
        return await self.monitor.summarize(len(self.extensions.hub), len(paired), describe_problem(paired))

    @property
    def problem(self) -> str | None:
        """The state that keeps the connected browsers from sending prompts."""
        return self._overview.problem if self._overview else None

    @property
    def setup_hint(self) -> str | None:
        """The hint to connect a browser, while there was never one."""
        return SETUP if self._overview and not self._overview.paired and not self._overview.browsers else None

    @property
    def summary(self) -> str | None:
        """Summary of the current work."""
        return describe_work(self._overview) if self._overview else None

    @property
    def tray_line(self) -> str | None:
        """Summary of the current work; None if there is none."""
        overview = self._overview
        has_work = overview and (overview.waiting or overview.running or overview.uncertain or overview.paused)
        return f"Browser queue: {describe_work(overview)}" if overview and has_work else None


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[QueueService]:
    """Start it, and end it afterwards."""
    service = QueueService(context)
    context.approval_requests.add(service.approvals)
    async with (
        Withdrawal(context, service.queue).running(),
        Retention(service.queue).running(),
        service.extensions.running(),
        service.fallback.running(),
    ):
        yield service
