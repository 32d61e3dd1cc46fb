"""Runs that copy conversations to OpenAI."""

from enum import StrEnum

from server.integrations.conversations.models import Frozen


class SyncState(StrEnum):
    """State of a run."""

    running = "running"  #: it goes on
    done = "done"  #: everything was tried
    cancelled = "cancelled"  #: its client or the person ended it


class ItemState(StrEnum):
    """State of one conversation of a run."""

    waiting = "waiting"
    running = "running"  #: it is being sent
    done = "done"
    failed = "failed"


class SyncItem(Frozen):
    """A conversation of a run, by its id."""

    chat: str
    imported: bool = False


class Selection(Frozen):
    """Conversations, by their ids, and the number of their messages."""

    chats: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    messages: int = 0


class SyncPlan(Frozen):
    """The conversations that a run would copy."""

    live: Selection
    imported: Selection

    @property
    def items(self) -> tuple[SyncItem, ...]:
        """All of them."""
        imported = (SyncItem(chat=chat_id, imported=True) for chat_id in self.imported.chats)
        return (*(SyncItem(chat=chat_id) for chat_id in self.live.chats), *imported)


class FailedItem(Frozen):
    """A conversation that could not be copied."""

    id: str
    title: str
    reason: str


class SyncRun(Frozen):
    """A run. `failed`: what could not be copied; `error`: why it waits, if it does."""

    id: str
    client: str
    state: SyncState = SyncState.running
    total: int = 0
    created: int = 0
    failed: tuple[FailedItem, ...] = ()
    error: str = ""
    started_at: float = 0
    ended_at: float | None = None
