"""Approval requests: calls, sign-ins and new devices that wait for the person's decision.

Each source of them registers a PromptSource in `context.approval_requests`. The window, the tray and the command line show one
list.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

from server.core.command import format_command
from server.core.errors import Conflict, InvalidInput, NotFound
from server.core.events import Events
from server.core.invisible import show_line
from server.core.tasks import Tasks
from server.sdk.desktop import SHOW_NOTIFICATION, Screen

TOPIC = "approvals"
MUST_BE_OPENED = "Not all of this could be shown. Open it in full first, in the window or with `{}`."
LONGEST_NAME, LONGEST_SENTENCE = 38, 150  # characters that a notification shows everywhere


class Kind(StrEnum):
    """The subject of a request."""

    call = "call"  #: a client wants to do something
    sign_in = "sign-in"  #: a program wants to become a client
    source = "source"  #: an unknown sender delivers something
    question = "question"  #: a program that is used asks the person


class ApprovalDuration(StrEnum):
    """The duration and reach of an approval."""

    once = "once"  #: this call
    temporary = "temporary"  #: this client and operation, for 15 minutes
    recipients = "recipients"  #: this client and operation, to these recipients
    always = "always"  #: this client and operation

    @classmethod
    def _missing_(cls, value: object) -> "ApprovalDuration | None":
        """Accept the former name, which rows and scripts may still have."""
        return cls.temporary if value == "quarter" else None


@dataclass(frozen=True)
class FormField:
    """A value that the person may enter. `kind`: text, number, boolean, choice, or choices for several. `default`: as text.

    `choices`: values and their labels.
    """

    name: str
    label: str
    kind: Literal["text", "number", "boolean", "choice", "choices"] = "text"
    description: str = ""
    required: bool = False
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()


FormValues = Mapping[str, str | bool | int | float | list[str]]


@dataclass(frozen=True)
class ApprovalRequest:
    """One request. `id` begins with its source's prefix and a dash. `sentence`: verb and object, without a full stop.

    `fields`: exactly what will happen. `wants_code`: the person types the digits that the requesting browser shows.
    `extents`: the durations that can be approved; the first is the default. `recipients`: those of ApprovalDuration.recipients.
    `html`, `source`: see Effect. `form`: values that are sent with an approval.
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
    html: str = ""
    source: str = ""
    form: tuple[FormField, ...] = ()


class PromptSource(Protocol):
    """A source of requests. `prefix`: the beginning of its requests' ids, up to the dash."""

    prefix: str

    async def list_requests(self) -> list[ApprovalRequest]:
        """List the pending requests."""

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        """Approve a request. Returns what happens now, in a sentence.

        Raises NotFound if it is not pending any more, InvalidInput for a wrong code or an extent that it does not offer.
        """

    async def deny(self, question_id: str, reason: str) -> str:
        """Deny a request, with a reason that may be empty. Returns what happens now, in a sentence. Raises NotFound."""


@runtime_checkable
class FormSource(Protocol):
    """A source of requests that are answered with values. It is a PromptSource besides."""

    async def submit(self, question_id: str, values: FormValues) -> str:
        """Approve a request with values. Returns what happens now. Raises NotFound and InvalidInput."""


class ApprovalRequests:
    """The requests of every source."""

    def __init__(self, events: Events, screen: Screen, tasks: Tasks) -> None:
        self._events = events
        self._screen = screen
        self._sources: dict[str, PromptSource] = {}
        self._tasks = tasks
        self._opened: set[str] = set()

    def add(self, source: PromptSource) -> None:
        """Register a source, in place of a former one of its kind. Raises ValueError for another's prefix, or one with a dash."""
        if type(self._sources.get(source.prefix, source)) is not type(source) or "-" in source.prefix:
            raise ValueError(f"{source.prefix!r} cannot be the prefix of another source of requests.")
        self._sources[source.prefix] = source

    async def list(self) -> list[ApprovalRequest]:
        """List the pending requests, oldest first; those that do not expire come last, since nobody is waiting for them."""
        pending = [request for source in tuple(self._sources.values()) for request in await source.list_requests()]
        return sorted(pending, key=lambda request: (request.expires_at is None, request.asked_at))

    async def approve(
        self,
        question_id: str,
        extent: ApprovalDuration = ApprovalDuration.once,
        code: str | None = None,
        values: FormValues | None = None,
    ) -> str:
        """Approve a request, with the values of its form if it has one.

        Raises what PromptSource.approve raises, and Conflict if it must be opened in full before.
        """
        if question_id not in self._opened and (request := await self._request(question_id)) and request.source:
            raise Conflict(MUST_BE_OPENED.format(f"{format_command('approvals show')} {question_id}"))
        source = self._find(question_id)
        if isinstance(source, FormSource):
            sentence = await source.submit(question_id, values or {})
        elif values:
            raise InvalidInput("This request takes no values.")
        else:
            sentence = await source.approve(question_id, extent, code)
        self.publish_change()
        return sentence

    async def open(self, question_id: str) -> str:
        """Open in full what a request cannot show completely, so that it can be approved. Raises NotFound."""
        request = await self._request(question_id)
        if request is None or not request.source:
            raise NotFound("There is nothing more to show, or the request is no longer pending.")
        self._opened.add(question_id)
        return request.source

    async def deny(self, question_id: str, reason: str = "") -> str:
        """Deny a request. Raises NotFound."""
        sentence = await self._find(question_id).deny(question_id, reason)
        self.publish_change()
        return sentence

    def publish_change(self) -> None:
        """Publish that the pending requests have changed."""
        self._events.publish(TOPIC)

    def notify(self, request: ApprovalRequest, *, silently: bool = False) -> None:
        """Notify the person of a new request, without waiting for the desktop to show it. `silently`: in the lists alone."""
        self.publish_change()
        if silently:
            return
        self._tasks.start(asyncio.to_thread(self._screen.notify, *describe(request)), name=SHOW_NOTIFICATION)

    async def _request(self, question_id: str) -> ApprovalRequest | None:
        requests = await self._find(question_id).list_requests()
        return next((request for request in requests if request.id == question_id), None)

    def _find(self, question_id: str) -> PromptSource:
        prefix = question_id.partition("-")[0]
        if prefix not in self._sources:
            raise NotFound(f"There is no such request. `{format_command('approvals list')}` shows the pending ones.")
        return self._sources[prefix]


def describe(request: ApprovalRequest) -> tuple[str, str]:
    """Write the notification of a request: the client and the sentence, but no contents, as others may see the screen."""
    client, sentence = shorten(request.client, LONGEST_NAME), shorten(request.sentence, LONGEST_SENTENCE)
    return f"{client} needs your approval", f"It wants to {sentence}. Open Deskhand to review."


def shorten(text: str, longest: int) -> str:
    """Reduce a text to one line with nothing invisible in it."""
    line = show_line(text)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
