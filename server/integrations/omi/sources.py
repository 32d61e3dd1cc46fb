"""Approval requests for new uids: is the OMI account the person's own?"""

from collections.abc import Mapping
from typing import Any

from server.core.errors import InvalidInput
from server.core.text import tell_moment
from server.integrations.omi.ingest import TOPIC
from server.integrations.omi.models import Kind
from server.integrations.omi.recordings import Recordings
from server.integrations.omi.store import sources
from server.integrations.omi.store.tables import count
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest
from server.sdk.approval_requests import Kind as QuestionKind
from server.sdk.context import Context

KINDS = {
    Kind.memory: "a conversation",
    Kind.transcript: "a live transcript",
    Kind.day_summary: "the summary of a day",
    Kind.audio: "sound",
    Kind.button: "a press of the button",
}


class Sources:
    """Uids and the person's decisions about them."""

    prefix = "omi"

    def __init__(self, context: Context, recordings: Recordings) -> None:
        self._context = context
        self._database = context.database
        self._recordings = recordings
        self.waiting = 0

    async def load(self) -> None:
        """Load how many wait."""
        self.waiting = await self._database.read(count, sources.COUNT_WAITING)

    async def ask(self, uid: str) -> None:
        """Notify the person of a new uid."""
        row = await self._database.read(sources.find, uid)
        await self.load()
        if row:
            self._context.approval_requests.notify(view(row))

    async def list_requests(self) -> list[ApprovalRequest]:
        """List the uids that wait."""
        return [view(row) for row in await self._database.read(sources.read_waiting)]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        """Accept what a uid has sent and will send."""
        if extent is not ApprovalDuration.once or code:
            raise InvalidInput("This is a plain yes: a uid is taken, or it is not.")
        uid = await self._database.write(sources.accept, question_id)
        await self._publish()
        return f"{uid} accepted. Your clients can read its conversations now."

    async def deny(self, question_id: str, reason: str) -> str:  # noqa: ARG002, OMI is told none
        """Remove what a uid has sent, and drop what it will send."""
        uid = await self._database.write(sources.deny, question_id, self._recordings.remove)
        await self._publish()
        return f"{uid} denied. Its data is deleted, and new deliveries are discarded."

    async def forget(self, uid: str) -> None:
        """Remove a uid with all it has sent. Raises NotFound."""
        await self._database.write(sources.forget, uid, self._recordings.remove)
        await self._publish()

    async def _publish(self) -> None:
        await self.load()
        self._context.events.publish(TOPIC)
        self._context.approval_requests.publish_change()


def view(row: Mapping[str, Any]) -> ApprovalRequest:
    """View a uid as an approval request."""
    client, account = row["first_client"], f"the OMI account {row['uid']}"
    what = f"conversations for {account}" if client else f"conversations from {account}"
    return ApprovalRequest(
        id=row["question"],
        kind=QuestionKind.source,
        client=client or "OMI",
        sentence=f"store {what}, so that your clients can read them",
        asked_at=row["first_at"],
        fields=(
            ("uid", row["uid"]),
            ("First delivery", KINDS.get(row["first_kind"], "something unknown")),
            ("When", tell_moment(row["first_at"])),
            ("Through", row["form"]),
            ("On hold", f"{row['kept_aside']} {'delivery' if row['kept_aside'] == 1 else 'deliveries'}"),
        ),
    )
