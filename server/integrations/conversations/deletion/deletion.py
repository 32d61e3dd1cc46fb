"""Deleting conversations, with a time in which that can be undone; at OpenAI they are deleted after it."""

from contextlib import suppress
from typing import Any

from server.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.store import deletion, openai_deletions, projects, tombstones
from server.integrations.conversations.store.live_tables import live
from server.integrations.conversations.store.row_trees import list_values
from server.sdk.context import Context

TOPIC = SECTION = "conversations"
NONE = "There is no such conversation."
ANSWERED = "An answer is being written in this conversation. Stop it first."
IMPORTED = "An imported conversation is at ChatGPT, which has no API for it. Delete it there yourself."
TOO_LATE = "This conversation was not deleted, or too long ago to be restored."
THERE_AGAIN = "This conversation is here again, so the deleted one stays deleted."


class Deletion:
    """Deletes conversations, and undoes that."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def delete(self, chat_id: str, *, at_openai: bool = False) -> None:
        """Delete a conversation, also at OpenAI once it cannot be restored any more.

        Raises NotFound, Conflict while an answer is written, and InvalidInput if it is not at OpenAI's API at all.
        """
        now = self._now()
        if await self._context.database.write(delete_live, chat_id, now, self._hold() if at_openai else None):
            with suppress(Unavailable):  # one that was delivered may be imported, too
                await self._context.archive.write(tombstones.remove, chat_id, now)
        else:
            if at_openai and await self._context.archive.read(deletion.exists, chat_id):
                raise InvalidInput(IMPORTED)
            if await self._context.archive.write(tombstones.remove, chat_id, now) is None:
                raise NotFound(NONE)
        self._context.events.publish(TOPIC)

    async def restore(self, chat_id: str) -> None:
        """Undo a deletion. Raises NotFound if it is too long ago, Conflict if the conversation was imported again."""
        since = self._now() - self._hold()
        restored = await self._context.database.write(restore_live, chat_id, since)
        try:
            imported = await self._context.archive.write(tombstones.put_back, chat_id, since)
        except Unavailable:
            if restored is None:
                raise
            imported = None
        restored = imported if restored is None else restored or bool(imported)
        if restored is None:
            raise NotFound(TOO_LATE)
        if not restored:
            raise Conflict(THERE_AGAIN)
        self._context.events.publish(TOPIC)

    def _hold(self) -> float:
        return read_hold(self._context)

    def _now(self) -> float:
        return self._context.clock.now().timestamp()


def delete_live(connection: Any, chat_id: str, now: float, openai_after: float | None) -> bool:
    """Delete a live conversation, and order its deletion at OpenAI after so many seconds. False: there is none."""
    if openai_deletions.is_answered(connection, chat_id):
        raise Conflict(ANSWERED)
    tree = deletion.remove(connection, chat_id, now)
    if tree is not None and openai_after is not None:
        thread_ids = list_values(tree, live.name, live.c.thread_id.name)
        openai_deletions.add(connection, thread_ids, now, now + openai_after)
    return tree is not None


def restore_live(connection: Any, chat_id: str, since: float) -> bool | None:
    """Put a live conversation back, and withdraw its deletion at OpenAI. Its project may be gone meanwhile."""
    restored = deletion.put_back(connection, chat_id, since)
    if restored:
        openai_deletions.withdraw(connection, chat_id)
        projects.move_orphaned(connection, chat_id)
    return restored


def read_hold(context: Context) -> float:
    """Read for how many seconds a deletion can be undone."""
    return context.settings.read(SECTION, ConversationsSettings).restore_minutes * 60
