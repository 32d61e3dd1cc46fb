"""States of a prompt and every transition between them, as one table. docs/integrations/queue.md is tested against it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """State of a prompt."""

    idle = "idle"  #: waits; nothing was typed
    leased = "leased"  #: given to an extension that has not acknowledged it; nothing was typed
    executing = "executing"  #: acknowledged; it may have been sent
    uncertain = "uncertain"  #: its extension was lost while it was executing; it is never resent by itself
    done = "done"
    failed = "failed"
    cancelled = "cancelled"


class Status(StrEnum):
    """Status of a prompt, as a client sees it."""

    idle = "idle"
    executing = "executing"
    done = "done"
    failed = "failed"


STATUSES = {
    State.idle: Status.idle,
    State.leased: Status.idle,
    State.executing: Status.executing,
    State.uncertain: Status.executing,
    State.done: Status.done,
    State.failed: Status.failed,
    State.cancelled: Status.failed,
}
OPEN = (State.idle, State.leased, State.executing, State.uncertain)
WAITING = (State.idle, State.leased)  # as a client sees it
HELD = (State.leased, State.executing, State.uncertain)  # one at a time in a chat
ENDED = (State.done, State.failed, State.cancelled)


@dataclass(frozen=True)
class Transition:
    """A change of state. `action`: a method of the queue; `when`: the condition, for the documentation."""

    before: State
    action: str
    after: State
    when: str = ""


REFUSED = "the person does not allow its client any more"
TRANSITIONS = (
    Transition(State.idle, "claim", State.leased, "it is the first of its chat, due and allowed"),
    Transition(State.idle, "complete", State.done, "a late answer, after the person chose to resend it"),
    Transition(State.idle, "edit", State.idle, "with another message"),
    Transition(State.idle, "cancel", State.cancelled),
    Transition(State.idle, "set_approval", State.failed, "the person does not allow its client"),
    Transition(State.leased, "acknowledge", State.executing, "before anything is typed"),
    Transition(State.leased, "complete", State.done, "by an extension that did not acknowledge"),
    Transition(State.leased, "release", State.idle),
    Transition(State.leased, "release", State.failed, REFUSED),
    Transition(State.leased, "lose", State.idle, "no attempt is counted"),
    Transition(State.leased, "lose", State.failed, REFUSED),
    Transition(State.leased, "expire_leases", State.idle, "no attempt is counted"),
    Transition(State.leased, "expire_leases", State.failed, REFUSED),
    Transition(State.leased, "fail", State.idle, "not sent, and attempts are left"),
    Transition(State.leased, "fail", State.failed, f"sent, no attempt is left: a dead letter; or {REFUSED}"),
    Transition(State.leased, "cancel", State.cancelled),
    Transition(State.executing, "complete", State.done),
    Transition(State.executing, "release", State.idle, "the extension is certain that it was not sent"),
    Transition(State.executing, "release", State.failed, REFUSED),
    Transition(State.executing, "fail", State.idle, "not sent, and attempts are left"),
    Transition(State.executing, "fail", State.failed, f"sent, no attempt is left, or {REFUSED}"),
    Transition(State.executing, "lose", State.uncertain),
    Transition(State.executing, "expire_leases", State.uncertain),
    Transition(State.executing, "cancel", State.cancelled),
    Transition(State.uncertain, "acknowledge", State.executing, "its extension is back, with the token of the lease"),
    Transition(State.uncertain, "complete", State.done, "its extension is back, with the token of the lease"),
    Transition(State.uncertain, "release", State.idle, "its extension is back and is certain that it was not sent"),
    Transition(State.uncertain, "release", State.failed, REFUSED),
    Transition(State.uncertain, "fail", State.idle, "its extension is back and did not send it, and attempts are left"),
    Transition(State.uncertain, "fail", State.failed, f"its extension is back; sent, no attempt is left, or {REFUSED}"),
    Transition(State.uncertain, "resolve", State.idle, "resend; the extension looks for the message first"),
    Transition(State.uncertain, "resolve", State.done, "answered"),
    Transition(State.uncertain, "resolve", State.failed, "fail"),
    Transition(State.uncertain, "cancel", State.cancelled),
    Transition(State.failed, "retry", State.idle),
    Transition(State.cancelled, "retry", State.idle),
    Transition(State.done, "replay", State.idle, "both answers are kept"),
    Transition(State.failed, "replay", State.idle, "both answers are kept"),
    Transition(State.cancelled, "replay", State.idle, "both answers are kept"),
)


def list_sources(action: str, after: State | None = None) -> tuple[State, ...]:
    """List the states in which an action is possible, or in which it leads to a state."""
    sources = {
        transition.before for transition in TRANSITIONS if transition.action == action and after in {None, transition.after}
    }
    return tuple(state for state in State if state in sources)


def write_table() -> str:
    """Write the transitions as a table in Markdown, for the documentation."""
    lines = ["| state | action | next state | |", "|---|---|---|---|"]
    lines += [f"| {each.before} | {each.action} | {each.after} | {each.when} |" for each in TRANSITIONS]
    return "\n".join(lines)
