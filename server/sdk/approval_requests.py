"""What waits for the person's word, whoever asks it: a kept call, a sign-in, a device that is new here.

Whoever asks registers an PromptSource in `context.approval_requests`. The window, the tray and the command line see one list.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from server.core.errors import NotFound
from server.core.events import Events
from server.core.tasks import Tasks
from server.core.text import make_visible
from server.sdk.desktop import SHOW_NOTIFICATION, Screen

TOPIC = "approvals"
LONGEST_NAME, LONGEST_SENTENCE = 40, 160  # characters that a notification shows everywhere


class Kind(StrEnum):
    """What a question is about."""

    call = "call"  #: a client wants to do something
    sign_in = "sign-in"  #: a program wants to become a client
    source = "source"  #: somebody new sends something here


class ApprovalDuration(StrEnum):
    """How far a yes goes."""

    once = "once"  #: this call
    quarter = "quarter"  #: this client and operation, for 15 minutes
    recipients = "recipients"  #: this client and operation, to these recipients
    always = "always"  #: this client and operation


@dataclass(frozen=True)
class ApprovalRequest:
    """One question. `id` begins with its asker's prefix and a dash. `sentence`: verb and object, without a full stop.

    `fields`: what will happen, word for word. `wants_code`: the person types the digits that the asking browser shows.
    `extents`: how far a yes may go; the first is the usual one. `recipients`: whom ApprovalDuration.recipients would stand for.
    """

    id: str
    kind: Kind
    client: str
    sentence: str
    asked_at: str
    expires_at: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    operation: str | None = None
    wants_code: bool = False
    extents: tuple[ApprovalDuration, ...] = (ApprovalDuration.once,)
    recipients: tuple[str, ...] = ()


class PromptSource(Protocol):
    """Whoever asks. `prefix`: how its questions' ids begin, up to the dash."""

    prefix: str

    async def list_requests(self) -> list[ApprovalRequest]:
        """List what waits now."""

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        """Take the person's yes. Answers what happens now, in a sentence.

        Raises NotFound for a question that is not waiting any more, InvalidInput for a wrong code or an extent that it has not.
        """

    async def deny(self, question_id: str, reason: str) -> str:
        """Take the person's no, with a reason that may be empty. Answers what happens now, in a sentence. Raises NotFound."""


class ApprovalRequests:
    """All askers as one."""

    def __init__(self, events: Events, screen: Screen, tasks: Tasks) -> None:
        self._events = events
        self._screen = screen
        self._tasks = tasks
        self._askers: dict[str, PromptSource] = {}

    def add(self, asker: PromptSource) -> None:
        """Let somebody ask."""
        self._askers[asker.prefix] = asker

    async def list(self) -> list[ApprovalRequest]:
        """List all that waits, oldest first."""
        found = [question for asker in self._askers.values() for question in await asker.list_requests()]
        return sorted(found, key=lambda question: question.asked_at)

    async def approve(self, question_id: str, extent: ApprovalDuration = ApprovalDuration.once, code: str | None = None) -> str:
        """Take the person's yes. Raises what PromptSource.approve raises."""
        told = await self._find(question_id).approve(question_id, extent, code)
        self.publish_change()
        return told

    async def deny(self, question_id: str, reason: str = "") -> str:
        """Take the person's no. Raises NotFound."""
        told = await self._find(question_id).deny(question_id, reason)
        self.publish_change()
        return told

    def publish_change(self) -> None:
        """Tell whoever listens that something else waits now."""
        self._events.publish(TOPIC)

    def notify(self, question: ApprovalRequest) -> None:
        """Tell the person that a new question waits; it does not wait for the desktop to show it."""
        self.publish_change()
        self._tasks.start(asyncio.to_thread(self._screen.notify, *describe(question)), name=SHOW_NOTIFICATION)

    def _find(self, question_id: str) -> PromptSource:
        prefix = question_id.partition("-")[0]
        if prefix not in self._askers:
            raise NotFound("There is no such question. `deskhand approvals list` shows what waits.")
        return self._askers[prefix]


def describe(question: ApprovalRequest) -> tuple[str, str]:
    """A question as a notification: who asks, and what; nothing of its contents, for others may see the screen."""
    client, sentence = shorten(question.client, LONGEST_NAME), shorten(question.sentence, LONGEST_SENTENCE)
    return f"{client} asks you", f"May it {sentence}? Answer in Deskhand."


def shorten(text: str, longest: int) -> str:
    """One line, in which nothing acts unseen."""
    line = make_visible(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
