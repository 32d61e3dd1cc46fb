"""The state of one call, the decision on it, and its row in the activity."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import Enum
from functools import partial
from typing import Any

from pydantic_core import to_jsonable_python

from server.access.activity.entry import Entry, Outcome, effect_text, redact
from server.access.activity.log import LONGEST_RESULT, Activity
from server.access.clients.client import Client
from server.core.clock import Clock
from server.core.redaction import redact_start
from server.core.sentences import fill
from server.http.problem_details import is_uncertain
from server.sdk.operation import Effect, Operation

NO_FIT = "The request did not fit."  # the answer says how
REFUSALS = {401, 403, 429}  # statuses that tell of a decision; any other, such as 404, tells of the request
PAUSED = "Deskhand was paused."


class CallState(Enum):
    """How far a call is. The value is the decision in its row."""

    received = "failed", "received"  #: nothing is decided: an error is the request's own
    allowed = "allowed", "allowed"  #: it may run; a changing call has no row yet
    running = "allowed", "running"  #: its row says `running`
    waiting = "asked", "waiting"  #: the person is asked; approvals writes its row
    replayed = "repeated", "replayed"  #: it gets the answer of an earlier identical call
    handed_over = "allowed", "handed over"  #: another call is made in its place, and recorded
    refused = "refused", "refused"  #: it may not run, even if its row said `running`
    paused = "refused", "paused"  #: the same, until the person resumes

    @property
    def decision(self) -> str:
        """The decision as the activity has it."""
        return self.value[0]


class CallRecord:
    """One call from its request to its answer. `row_id`: of its row in the activity, once a changing call has begun."""

    def __init__(self, clock: Clock, client: Client, operation: Operation) -> None:
        self.client = client
        self.operation = operation
        self.state = CallState.received
        self.reason = NO_FIT
        self.effect: Effect | None = None
        self.row_id: int | None = None
        self.arguments: dict[str, Any] = {}
        self._redacted: dict[str, Any] | None = None
        self._summary: str | None = None
        self._clock = clock
        self._started = clock.monotonic()

    def set_arguments(self, arguments: Mapping[str, Any], *, redacting: bool = False) -> None:
        """Keep the validated arguments as JSON values. A copy without secrets is made when it is needed, or at once."""
        self.arguments = to_jsonable_python(arguments, serialize_unknown=True)
        self._redacted, self._summary = redact(self.arguments) if redacting else None, None

    @property
    def redacted(self) -> dict[str, Any]:
        """The arguments without secrets."""
        if self._redacted is None:
            self._redacted = redact(self.arguments)
        return self._redacted

    @property
    def summary(self) -> str:
        """The operation's sentence, filled with the arguments."""
        if self._summary is None:
            self._summary = fill(self.operation.wording.sentences, self.redacted)
        return self._summary

    @property
    def is_refused(self) -> bool:
        """Return whether it may not run, which may be decided after its row was written."""
        return self.state in {CallState.refused, CallState.paused}

    @property
    def runs(self) -> bool:
        """Return whether the function of the operation has started."""
        return self.state is (CallState.running if self.operation.changes else CallState.allowed)

    def watching(self, activity: Activity) -> AbstractContextManager[None]:
        """Show a reading call in the activity while it runs."""
        return activity.watching(self.operation.name, partial(self.entry, Outcome.running))

    def allow(self, reason: str) -> None:
        """Note that the call may run, or may go on."""
        self.state, self.reason = CallState.allowed if self.row_id is None else CallState.running, reason

    def begin(self, row_id: int) -> None:
        """Note that its row says `running`."""
        self.state, self.row_id = CallState.running, row_id

    def wait(self, reason: str) -> None:
        """Note that the person is asked."""
        self.state, self.reason = CallState.waiting, reason

    def replay(self, reason: str) -> None:
        """Note that it gets an earlier call's answer."""
        self.state, self.reason = CallState.replayed, reason

    def hand_over(self) -> None:
        """Note that another call is made in its place."""
        self.state = CallState.handed_over

    def refuse(self, reason: str) -> None:
        """Note that it may not run."""
        self.state, self.reason = CallState.refused, reason

    def pause(self) -> None:
        """Note that it may not run while all is paused."""
        self.state, self.reason = CallState.paused, PAUSED

    def outcome(self, status: int, body: str) -> Outcome:
        """The outcome of a call that is answered with this status and body."""
        if self.state is CallState.replayed:
            return Outcome.repeated
        if status < 400:
            return Outcome.done
        if self.is_refused:
            return Outcome.refused
        began = self.state is CallState.running or (self.state is CallState.allowed and not self.operation.changes)
        if self.state is CallState.running and status >= 500 and is_uncertain(body):
            return Outcome.uncertain
        return Outcome.refused if status in REFUSALS and not began else Outcome.failed

    def entry(self, outcome: Outcome) -> Entry:
        """Its row in the activity before it has been answered."""
        return self._entry(outcome, None, None, None)

    def final_entry(self, status: int, body: str) -> Entry:
        """Its row in the activity with its answer, cut off and without secrets."""
        duration = round((self._clock.monotonic() - self._started) * 1000)
        result = redact_start(body, LONGEST_RESULT)
        return self._entry(self.outcome(status, body), status, duration, result)

    def _entry(self, outcome: Outcome, status: int | None, duration_ms: int | None, result: str | None) -> Entry:
        return Entry(
            at=self._clock.now().isoformat(),
            client_id=self.client.id,
            client_name=self.client.name,
            operation=self.operation.name,
            sentence=self.effect.sentence if self.effect else self.summary,
            changes=self.operation.changes,
            decision=self.state.decision,
            reason=self.reason,
            outcome=outcome,
            status=status,
            duration_ms=duration_ms,
            arguments=json.dumps(self.redacted, ensure_ascii=False) if self.redacted else None,
            effect=effect_text(self.effect),
            result=result,
            id=self.row_id or 0,
        )
