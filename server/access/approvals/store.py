"""Approvals in the database.

A state changes only from an expected one, so of two that decide or run at the same time, only one does.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, update

from server.access.activity.entry import Entry, Outcome, effect_text
from server.access.activity.log import IdempotencyRecord, begin_call, end_call, keep_answer
from server.access.approvals import budgets
from server.access.approvals.approval import OPEN, REPLAYED, Approval, Request, State
from server.access.clients.allowances import Allowance, add_allowance, take_back
from server.access.clients.client import Change, Policy
from server.access.clients.store import change_client, find_client, require_credential
from server.access.tables import activity, idempotency
from server.access.tables import approval as table
from server.core.errors import Conflict, NotAuthenticated, NotFound
from server.core.sentences import from_text, to_text
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.operation import Effect

DECIDED = "This request was already answered or withdrawn."
NOT_NOW = "This call is not waiting to be run any more."
STOPPED = "Deskhand stopped while this ran. Look whether it happened before you repeat it."
FORGOTTEN = "The request was lost, so nothing was done."

ROW = [table.c[field.name] for field in fields(Approval)]
WHOLE = select(*ROW)
BY_ID = WHOLE.where(table.c.id == bindparam("id"))
BY_QUESTION = WHOLE.where(table.c.question == bindparam("question"), table.c.state == State.pending)
BY_ACTIVITY = WHOLE.where(table.c.activity_id == bindparam("activity_id"))
IN_STATE = WHOLE.where(table.c.state == bindparam("state")).order_by(table.c.asked_at)
DUPLICATE = (
    WHOLE.where(
        table.c.client_id == bindparam("client_id"),
        table.c.call_hash == bindparam("call_hash"),
        or_(
            (table.c.state == State.pending) & (table.c.expires_at > bindparam("now")),
            table.c.state.in_((State.approved, State.running)),
            table.c.state.in_(REPLAYED) & (table.c.ended_at > bindparam("since")) & (table.c.ended_at < bindparam("until")),
        ),
    )
    .order_by(table.c.asked_at.desc())
    .limit(1)
)
PENDING_COUNT = select(func.count()).where(
    table.c.client_id == bindparam("client_id"),
    or_(
        table.c.state == State.approved,
        (table.c.state == State.pending) & (table.c.expires_at > bindparam("now")),
    ),
)
REQUEST = select(table.c.method, table.c.path, table.c.query, table.c.content_type, table.c.body).where(
    table.c.id == bindparam("id")
)
PENDING_BYTES = PENDING_COUNT.with_only_columns(func.coalesce(func.sum(func.length(table.c.body)), 0))
LAST_APPROVED = select(func.coalesce(func.max(table.c.decided_at), "")).where(table.c.client_id == bindparam("of"))
DENIALS = select(func.count(), func.coalesce(func.max(table.c.ended_at), "")).where(
    table.c.client_id == bindparam("of"), table.c.state == State.denied, table.c.ended_at > bindparam("after")
)
SIZE = select(func.coalesce(func.length(table.c.body), 0)).where(table.c.id == bindparam("id"))
ADD = insert(table)
MOVE = update(table).where(
    table.c.id == bindparam("of"),
    table.c.question == bindparam("of_question"),
    table.c.state.in_(bindparam("of_states", expanding=True)),
)
CUT_SHORT = (
    update(table)
    .where(table.c.state == State.running)
    .values(state=State.uncertain, reason=STOPPED, body=None, ended_at=bindparam("now"), status=409, result=bindparam("answer"))
)
LEFT_BEHIND = (
    update(activity)
    .where(
        activity.c.outcome == Outcome.waiting,
        ~exists().where(
            table.c.activity_id == activity.c.id,
            table.c.state.in_(OPEN),
        ),
    )
    .values(outcome=Outcome.refused, decision="refused", reason=FORGOTTEN)
)
LOST_KEYS = delete(idempotency).where(
    idempotency.c.status.is_(None),
    idempotency.c.activity_id.in_(select(activity.c.id).where(activity.c.outcome == Outcome.refused)),
)
ASK_AGAIN = (
    update(activity).where(activity.c.id == bindparam("of")).values(sentence=bindparam("sentence"), effect=bindparam("effect"))
)
PRUNE = delete(table).where(table.c.ended_at < bindparam("until"))


@dataclass(frozen=True)
class Window:
    """Limits for a new call. `most`: maximum of pending calls. `largest`: maximum of their bytes.

    A call that ended between `since` and `until`, which is in the future as the clock may be set back, is a duplicate.
    """

    now: str
    since: str
    until: str
    most: int
    largest: int


class DuplicateCall(Exception):
    """The same call was stored before."""

    def __init__(self, approval: Approval) -> None:
        self.approval = approval


def to_approval(row: Any) -> Approval:
    """Make an approval of a row."""
    extent = ApprovalDuration(row["extent"]) if row["extent"] else None
    return Approval(**{**row, "effect": to_effect(row["effect"]), "state": State(row["state"]), "extent": extent})


def to_effect(text: str) -> Effect:
    """Make an Effect of its stored JSON."""
    stored = json.loads(text)
    shown = tuple((str(name), str(value)) for name, value in stored["fields"])
    shown_otherwise = {name: str(stored[name]) for name in ("html", "source") if stored.get(name)}
    links = tuple(stored.get("links", ()))
    once = bool(stored.get("once"))
    return Effect(from_text(stored["sentence"]), shown, tuple(stored["recipients"]), links=links, once=once, **shown_otherwise)


def from_effect(effect: Effect) -> str:
    """Write an Effect as JSON, unabridged."""
    stored = {key: value for key, value in asdict(effect).items() if key != "seal"}
    return json.dumps(stored | {"sentence": to_text(effect.sentence)})


def find(connection: Connection, statement: Any, values: Mapping[str, Any]) -> Approval | None:
    """Find an approval; None if there is none."""
    row = connection.execute(statement, values).mappings().first()
    return to_approval(row) if row else None


def find_all(connection: Connection, state: State) -> list[Approval]:
    """Find all approvals in a state, oldest first."""
    return [to_approval(row) for row in connection.execute(IN_STATE, {"state": state}).mappings()]


def find_duplicate(connection: Connection, client_id: str, call_hash: str, window: Window) -> Approval | None:
    """Find the open or recent approval of the same call of the same client."""
    values = {"client_id": client_id, "call_hash": call_hash, "now": window.now, "since": window.since, "until": window.until}
    return find(connection, DUPLICATE, values)


def add_call(
    connection: Connection, new: Approval, request: Request, entry: Entry, window: Window
) -> Approval | IdempotencyRecord:
    """Store a call with its row in the activity, or answer the same call if it was stored before.

    Raises TooManyPending if too many calls of this client are pending.
    """

    def require(_: Connection) -> None:
        require_credential(connection, new.credential)
        if new.key is None and (duplicate := find_duplicate(connection, new.client_id, new.call_hash, window)):
            raise DuplicateCall(duplicate)

    try:
        begun = begin_call(connection, entry, new.key, new.call_hash, require)
    except DuplicateCall as duplicate:
        return duplicate.approval
    if isinstance(begun, IdempotencyRecord):
        return begun
    if connection.execute(PENDING_COUNT, {"client_id": new.client_id, "now": window.now}).scalar_one() >= window.most:
        raise TooManyPending
    waiting = connection.execute(PENDING_BYTES, {"client_id": new.client_id, "now": window.now}).scalar_one()
    if waiting + len(request.body) > window.largest:
        raise TooManyPending
    row = {field.name: getattr(new, field.name) for field in fields(Approval)}
    row |= {"effect": from_effect(new.effect), "activity_id": begun}
    row |= {field.name: getattr(request, field.name) for field in fields(Request)}
    connection.execute(ADD, row)
    return to_approval({column.name: row[column.name] for column in ROW})


class TooManyPending(Exception):
    """Too many calls of a client are pending."""


def measure_request(connection: Connection, approval_id: str) -> int:
    """Return the size of a stored request's body, in bytes."""
    return int(connection.execute(SIZE, {"id": approval_id}).scalar_one())


def count_denials(connection: Connection, client_id: str, since: str) -> tuple[int, str]:
    """Count the denials since a client's last approval, and at most since a moment. Returns the time of the last one, too."""
    approved = connection.execute(LAST_APPROVED, {"of": client_id}).scalar_one()
    count, last = connection.execute(DENIALS, {"of": client_id, "after": max(approved, since)}).one()
    return count, last


def read_request(connection: Connection, approval_id: str) -> Request:
    """Read a stored request."""
    row = connection.execute(REQUEST, {"id": approval_id}).one()
    return Request(row.method, row.path, row.query, row.content_type, row.body or b"")


def move(connection: Connection, approval: Approval, states: Iterable[State], **values: Any) -> bool:
    """Change an approval if it is in approval of these states and still asks the same question. Answers whether it was."""
    expected = {"of": approval.id, "of_question": approval.question, "of_states": list(states)}
    return connection.execute(MOVE.values(**values), expected).rowcount == 1


def is_permitted(connection: Connection, approval: Approval) -> bool:
    """Return whether its client may do it, in the transaction that decides."""
    client = find_client(connection, approval.client_id)
    try:
        require_credential(connection, approval.credential)
    except NotAuthenticated:
        return False
    return (
        client is not None
        and client.policies.get(approval.operation) is not Policy.deny
        and approval.scope in {"", *client.scopes}
    )


def approve(connection: Connection, approval: Approval, extent: ApprovalDuration, now: str, allowance: Allowance | None) -> None:
    """Take the person's yes, with the permission that it gives. Raises NotFound if it is not pending any more."""
    if not move(connection, approval, [State.pending], state=State.approved, decided_at=now, extent=extent):
        raise NotFound(DECIDED)
    if not is_permitted(connection, approval):  # it is being revoked right now
        return
    if allowance:
        add_allowance(connection, allowance)
    if extent is ApprovalDuration.always:
        change_client(connection, approval.client_id, Change(policies={approval.operation: Policy.allow}), now)


def claim(connection: Connection, approval: Approval, entry: Entry) -> None:
    """Mark an approved call as running, once. Raises Conflict if it has begun, NotAuthenticated if its credential has ended."""
    require_credential(connection, approval.credential)
    if not move(connection, approval, [State.approved], state=State.running):
        raise Conflict(NOT_NOW)
    if approval.reaches_others:
        budgets.record(connection, approval.client_id, approval.effect.recipients, datetime.fromisoformat(entry.at))
    end_call(connection, entry, None)


def end(connection: Connection, approval: Approval, states: Iterable[State], entry: Entry, values: Mapping[str, Any]) -> bool:
    """End a call in its approval, in the activity and under its Idempotency-Key. Answers False if it had ended before."""
    if not move(connection, approval, states, **values, body=None):
        return False
    end_call(connection, entry, None)
    if approval.key is not None:
        keep_answer(connection, approval.client_id, approval.key, values["status"], values["result"])
    return True


def wait_again(connection: Connection, approval: Approval, entry: Entry) -> bool:
    """Return an approved call to pending, with all that the yes allowed taken back."""
    moved = move(connection, approval, [State.approved, State.running], state=State.pending, decided_at=None, extent=None)
    if moved:
        take_back(connection, approval.question)
        end_call(connection, entry, None)
    return moved


def ask_again(connection: Connection, approval: Approval, renewed: Approval, entry: Entry) -> bool:
    """Replace the question of an approved call by another approval, with all that the yes allowed taken back."""
    values = {"question": renewed.question, "hash": renewed.hash, "effect": from_effect(renewed.effect)}
    moments = {"asked_at": renewed.asked_at, "expires_at": renewed.expires_at, "decided_at": None, "extent": None}
    if not move(connection, approval, [State.approved], state=State.pending, **values, **moments):
        return False
    take_back(connection, approval.question)
    end_call(connection, entry, None)
    row = {"of": approval.activity_id, "sentence": to_text(renewed.effect.sentence), "effect": effect_text(renewed.effect)}
    connection.execute(ASK_AGAIN, row)
    return True


def recover(connection: Connection, now: str, result: str) -> int:
    """At start: mark what was running as uncertain, with this result. Answers how many there were."""
    connection.execute(LEFT_BEHIND)
    connection.execute(LOST_KEYS)
    return connection.execute(CUT_SHORT, {"now": now, "answer": result}).rowcount


def prune(connection: Connection, until: str) -> int:
    """Delete what ended before a moment."""
    return connection.execute(PRUNE, {"until": until}).rowcount
