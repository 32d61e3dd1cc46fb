"""A connected extension or program: who it is, what it can do, and the state of its page."""

from dataclasses import dataclass, field
from datetime import datetime

from server.integrations.queue.extension.answers import PartialAnswer
from server.integrations.queue.extension.messages import History, Page, SelfTest

HOLDING = frozenset({"signed_out", "challenge", "two_answers", "continue_generating", "limit", "unknown_layout", "paused"})


@dataclass
class LeasedPrompt:
    """A prompt that a worker has. `acknowledged`: it may have been typed. `message`: kept for the request after a `find`."""

    token: int
    acknowledged: bool = False
    answer: PartialAnswer = field(default_factory=PartialAnswer)
    stored_at: float = 0.0


@dataclass
class Worker:
    """A connection that takes prompts. `id`: under which it holds leases. `seed`: it speaks seed's dialect.

    `origin`: empty for a program. `page`: None until it has reported it.
    `history`: where its import stands.
    """

    id: str
    client_id: str
    name: str
    seed: bool = False
    origin: str = ""
    version: str = ""
    browser: str = ""
    capabilities: frozenset[str] = frozenset()
    connected_at: datetime | None = None
    last_seen: datetime | None = None
    page: Page | None = None
    self_test: SelfTest | None = None
    history: History | None = None
    leases: dict[str, LeasedPrompt] = field(default_factory=dict)

    @property
    def holding(self) -> bool:
        """Return whether its page is in a state in which nothing may be sent."""
        return self.page is not None and self.page.state in HOLDING

    @property
    def free(self) -> bool:
        """Return whether it can take a prompt."""
        return not self.leases and not self.holding
