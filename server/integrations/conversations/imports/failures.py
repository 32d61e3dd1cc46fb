"""Imports that have failed while that could not be stored either, as on a full disk: shown as failed, and recorded later."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from server.core.errors import DeskhandError
from server.integrations.conversations.imports.job import ACTIVE, TOPIC, ImportJob
from server.integrations.conversations.imports.models import State
from server.integrations.conversations.models import ConversationsSettings
from server.sdk.context import Context

SECTION = "conversations"
RECORD = "record that an import failed"
log = logging.getLogger(__name__)


class Failures:
    """Failures that are not recorded yet. If the program stops before they are, the import goes on at the next start."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._errors: dict[int, str] = {}

    def show(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Show an import that is recorded as active as what it is."""
        error = self._errors.get(row["id"])
        return {**row, "state": State.failed, "error": error} if error and row["state"] in ACTIVE else row

    async def record(self, run_id: int, job: ImportJob, error: str) -> None:
        """Record a failure, now or in the background."""
        try:
            await job.fail(error)
        except DeskhandError:
            log.exception("It could not be stored that an import failed. It is tried again.")
            self._errors[run_id] = error
            self._context.tasks.start(self._retry(run_id, job, error), name=RECORD)

    async def _retry(self, run_id: int, job: ImportJob, error: str) -> None:
        while True:
            await asyncio.sleep(self._context.settings.read(SECTION, ConversationsSettings).retry_seconds)
            try:
                await job.fail(error)
            except DeskhandError:
                continue
            del self._errors[run_id]
            self._context.events.publish(TOPIC)
            return
