"""A connected extension or program: who it is, what it can do, and the state of its page."""

import math
from dataclasses import dataclass, field
from datetime import datetime

from server.integrations.queue.extension.answers import PartialAnswer
from server.integrations.queue.extension.messages import ImportProgress, Page, SelfTest

HOLDING = frozenset({"signed_out", "challenge", "two_answers", "continue_generating", "limit", "unknown_layout", "paused"})


@dataclass
class LeasedPrompt:
    """A prompt that a worker has. `acknowledged`: it may have been typed. `stored_at`: when its partial text last was."""

    token: int
    acknowledged: bool = False
    answer: PartialAnswer = field(default_factory=PartialAnswer)
    stored_at: float = 0.0


@dataclass
class Worker:
    """A connection that takes prompts. `id`: under which it holds leases. `seed`: it speaks seed's dialect.

    `origin`: empty for a program. `page`: None until it has reported it.
    `history`: its import of the person's history. `held_until`: when it may take a prompt again (monotonic seconds).
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
    history: ImportProgress | None = None
    leases: dict[str, LeasedPrompt] = field(default_factory=dict)
    held_until: float = 0.0

    def take_page(self, page: Page) -> None:
        """Take a reported state of the page; one in which nothing may be sent holds it until the next report."""
        self.page = page
        self.held_until = math.inf if page.state in HOLDING else 0.0

    def hold(self, page: Page, until: float) -> None:
        """Hold it until a time after a failure. If it has reported this state itself, that says more, such as what is missing."""
        if self.page is None or self.page.state != page.state:
            self.page = page
        self.held_until = max(self.held_until, until)

    @property
    def needs_person(self) -> bool:
        """Return whether it takes nothing until the person has done something, however long one waits."""
        return math.isinf(self.held_until)

    def is_free(self, now: float) -> bool:
        """Return whether it can take a prompt."""
        return not self.leases and now >= self.held_until
