"""Operations of copying conversations to OpenAI."""

import hashlib
from collections.abc import Iterator

from server.core.invisible import show_line
from server.integrations.conversations.live import wording
from server.integrations.conversations.live.error_format import write_time
from server.integrations.conversations.live.operation_models import FailedSync, SyncAccepted, SyncAnswer, SyncData, SyncOrder
from server.integrations.conversations.live.sync import Syncs
from server.integrations.conversations.live.sync_models import Selection, SyncPlan, SyncRun
from server.sdk.context import Context
from server.sdk.operation import Effect, current_call, require_allowed

PATH = "/api/v1/openai/sync"


class SyncOperations:
    """Starts, shows and cancels runs for clients."""

    def __init__(self, context: Context, syncs: Syncs) -> None:
        self._context, self._syncs = context, syncs

    async def preview_sync(self, order: SyncOrder | None = None) -> Effect:
        """Preview a run, with the counts of what would be copied."""
        order = order or SyncOrder()
        return describe(await self._syncs.plan(order.imported, order.project_id))

    async def sync_chats(self, order: SyncOrder) -> SyncAccepted:
        """Begin a run."""
        plan = await self._syncs.plan(order.imported, order.project_id)
        require_allowed(describe(plan))
        run = await self._syncs.start(plan, current_call.get().client_id)
        return SyncAccepted(job_id=run.id, poll=f"{PATH}/{run.id}", timestamp=self._now())

    async def read_sync(self, job_id: str) -> SyncAnswer:
        """Show a run. Raises NotFound."""
        return self._view(await self._syncs.find(job_id, current_call.get().client_id))

    async def cancel_sync(self, job_id: str) -> SyncAnswer:
        """Cancel a run. Raises NotFound."""
        return self._view(await self._syncs.cancel(job_id, current_call.get().client_id))

    def _view(self, run: SyncRun) -> SyncAnswer:
        failed = [FailedSync.model_validate(item.model_dump()) for item in run.failed]
        data = SyncData(
            job_id=run.id, state=run.state, total=run.total, created=run.created, failed=failed, error=run.error or None
        )
        return SyncAnswer(data=data, timestamp=self._now())

    def _now(self) -> str:
        return write_time(self._context.clock.now())


def describe(plan: SyncPlan) -> Effect:
    """Describe what a run would copy."""
    total = len(plan.items)
    count = f"{total:,} {'conversation' if total == 1 else 'conversations'}"
    fields = (
        *list_chats("Conversations held here", plan.live),
        *list_chats("Imported conversations", plan.imported),
        ("Messages", f"{plan.live.messages + plan.imported.messages:,}"),
        ("Cost", "none: no model answers"),
    )
    return Effect(wording.SYNC.fill(count=count), fields, seal=hashlib.sha256(repr(plan).encode()).hexdigest())


def list_chats(name: str, chosen: Selection) -> Iterator[tuple[str, str]]:
    """List how many conversations are chosen, and their titles."""
    yield name, f"{len(chosen.chats):,}"
    if chosen.titles:
        yield f"{name}: titles", "\n".join(show_line(title) or wording.UNTITLED for title in chosen.titles)
