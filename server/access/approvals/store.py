"""What is kept of approvals: functions for the database's two verbs.

A state changes only from the one that it was thought to have, so of two who decide at once, or run at once, one does.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, update

from server.access.activity.entry import Entry, Outcome, effect_text
from server.access.activity.log import Kept, begin_call, end_call, keep_answer
from server.access.approvals.approval import JOINED, OPEN, Approval, Request, State
from server.access.clients.allowances import take_back
from server.access.clients.client import Policy
from server.access.clients.store import find_client, require_credential
from server.access.tables import activity, approval, idempotency
from server.core.errors import Conflict, NotAuthenticated, NotFound
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.operation import Effect

DECIDED = "This question has been decided already, or nobody waits for it any more."
NOT_NOW = "This call is not waiting to be run any more."
STOPPED = "Deskhand stopped while this ran. Look whether it happened before you repeat it."
FORGOTTEN = "The question was lost, so nothing was done."

ROW = [approval.c[field.name] for field in fields(Approval)]
WHOLE = select(*ROW)
BY_ID = WHOLE.where(approval.c.id == bindparam("id"))
BY_QUESTION = WHOLE.where(approval.c.question == bindparam("question"), approval.c.state == State.pending)
BY_ACTIVITY = WHOLE.where(approval.c.activity_id == bindparam("activity_id"))
IN_STATE = WHOLE.where(approval.c.state == bindparam("state")).order_by(approval.c.asked_at)
SAME = (
    WHOLE.where(
        approval.c.client_id == bindparam("client_id"),
        approval.c.call_hash == bindparam("call_hash"),
        or_(
            (approval.c.state == State.pending) & (approval.c.expires_at > bindparam("now")),
            approval.c.state.in_((State.approved, State.running)),
            approval.c.state.in_(JOINED) & (approval.c.ended_at > bindparam("since")),
        ),
    )
    .order_by(approval.c.asked_at.desc())
    .limit(1)
)
WAITING = select(func.count()).where(
    approval.c.client_id == bindparam("client_id"),
    or_(
        approval.c.state == State.approved,
        (approval.c.state == State.pending) & (approval.c.expires_at > bindparam("now")),
    ),
)
REQUEST = select(approval.c.method, approval.c.path, approval.c.query, approval.c.content_type, approval.c.body).where(
    approval.c.id == bindparam("id")
)
ADD = insert(approval)
MOVE = update(approval).where(
    approval.c.id == bindparam("of"),
    approval.c.question == bindparam("of_question"),
    approval.c.state.in_(bindparam("of_states", expanding=True)),
)
CUT_SHORT = (
    update(approval)
    .where(approval.c.state == State.running)
    .values(state=State.uncertain, reason=STOPPED, body=None, ended_at=bindparam("now"), status=409, result=bindparam("told"))
)
LEFT_BEHIND = (
    update(activity)
    .where(
        activity.c.outcome == Outcome.waiting,
        ~exists().where(
            approval.c.activity_id == activity.c.id,
            approval.c.state.in_(OPEN),
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
FORGET = delete(approval).where(approval.c.ended_at < bindparam("until"))


@dataclass(frozen=True)
class Window:
    """The moments that matter to a call that is to be kept. `since`: what ended later is joined. `most`: may wait at once."""

    now: str
    since: str
    most: int


class Same(Exception):
    """The same call was kept before."""

    def __init__(self, found: Approval) -> None:
        self.found = found


def to_approval(row: Any) -> Approval:
    """Make an approval of a row."""
    values = dict(row)
    extent = values["extent"]
    known = {"effect": to_effect(values["effect"]), "state": State(values["state"])}
    return Approval(**{**values, **known, "extent": ApprovalDuration(extent) if extent else None})


def to_effect(text: str) -> Effect:
    """Read an Effect as it is kept."""
    kept = json.loads(text)
    shown = tuple((str(name), str(value)) for name, value in kept["fields"])
    return Effect(kept["sentence"], shown, tuple(kept["recipients"]))


def from_effect(effect: Effect) -> str:
    """Write an Effect so that nothing of it is lost."""
    return json.dumps({"sentence": effect.sentence, "fields": effect.fields, "recipients": effect.recipients})


def find(connection: Connection, statement: Any, values: Mapping[str, Any]) -> Approval | None:
    """Find one approval."""
    row = connection.execute(statement, values).mappings().first()
    return to_approval(row) if row else None


def find_all(connection: Connection, state: State) -> list[Approval]:
    """Find all in a state, oldest first."""
    return [to_approval(row) for row in connection.execute(IN_STATE, {"state": state}).mappings()]


def find_same(connection: Connection, client_id: str, call_hash: str, window: Window) -> Approval | None:
    """Find what the same call of the same client is or was lately."""
    values = {"client_id": client_id, "call_hash": call_hash, "now": window.now, "since": window.since}
    return find(connection, SAME, values)


def keep_call(connection: Connection, made: Approval, request: Request, entry: Entry, window: Window) -> Approval | Kept:
    """Keep a call with its row in the activity, unless the same one is there: all writing has one order.

    Raises Full where too many of this client wait.
    """

    def require(_: Connection) -> None:
        require_credential(connection, made.credential)
        if made.key is None and (same := find_same(connection, made.client_id, made.call_hash, window)):
            raise Same(same)

    try:
        begun = begin_call(connection, entry, made.key, made.call_hash, require)
    except Same as same:
        return same.found
    if isinstance(begun, Kept):
        return begun
    if connection.execute(WAITING, {"client_id": made.client_id, "now": window.now}).scalar_one() >= window.most:
        raise Full
    row = {field.name: getattr(made, field.name) for field in fields(Approval)}
    row |= {"effect": from_effect(made.effect), "activity_id": begun}
    row |= {field.name: getattr(request, field.name) for field in fields(Request)}
    connection.execute(ADD, row)
    return to_approval({**{column.name: row[column.name] for column in ROW}})


class Full(Exception):
    """Too many calls of a client wait already."""


def read_request(connection: Connection, approval_id: str) -> Request:
    """Read a kept call."""
    row = connection.execute(REQUEST, {"id": approval_id}).one()
    return Request(row.method, row.path, row.query, row.content_type, row.body or b"")


def move(connection: Connection, one: Approval, states: Iterable[State], **values: Any) -> bool:
    """Change an approval, if it is in one of these states and the question is still this one."""
    known = {"of": one.id, "of_question": one.question, "of_states": list(states)}
    return connection.execute(MOVE.values(**values), known).rowcount == 1


def still_may(connection: Connection, one: Approval) -> bool:
    """Whether its client may do it at this point in the order of all writing."""
    client = find_client(connection, one.client_id)
    try:
        require_credential(connection, one.credential)
    except NotAuthenticated:
        return False
    return client is not None and client.policies.get(one.operation) is not Policy.deny and one.scope in {"", *client.scopes}


def require_move(connection: Connection, one: Approval, states: Iterable[State], **values: Any) -> None:
    """The same; raises NotFound where somebody was earlier."""
    if not move(connection, one, states, **values):
        raise NotFound(DECIDED)


def claim(connection: Connection, one: Approval, entry: Entry) -> None:
    """Note that an approved call begins, once. Raises Conflict where it has begun, NotAuthenticated where its key has ended."""
    require_credential(connection, one.credential)
    if not move(connection, one, [State.approved], state=State.running):
        raise Conflict(NOT_NOW)
    end_call(connection, entry, None, None)


def end(connection: Connection, one: Approval, states: Iterable[State], entry: Entry, values: Mapping[str, Any]) -> bool:
    """Note how a kept call ended: in its approval, in the activity and under its Idempotency-Key. False: it had ended."""
    if not move(connection, one, states, **values, body=None):
        return False
    end_call(connection, entry, None, None)
    if one.key is not None:
        keep_answer(connection, one.client_id, one.key, values["status"], values["result"])
    return True


def wait_again(connection: Connection, one: Approval, entry: Entry) -> bool:
    """Take a yes back with all that it allowed: it waits as before."""
    taken = move(connection, one, [State.approved, State.running], state=State.pending, decided_at=None, extent=None)
    if taken:
        take_back(connection, one.question)
        end_call(connection, entry, None, None)
    return taken


def ask_again(connection: Connection, one: Approval, anew: Approval, entry: Entry) -> bool:
    """Put another question in the place of one: what it would do is not what was approved. The yes goes with all it allowed."""
    values = {"question": anew.question, "hash": anew.hash, "effect": from_effect(anew.effect)}
    moments = {"asked_at": anew.asked_at, "expires_at": anew.expires_at, "decided_at": None, "extent": None}
    if not move(connection, one, [State.approved], state=State.pending, **values, **moments):
        return False
    take_back(connection, one.question)
    end_call(connection, entry, None, None)
    told = {"of": one.activity_id, "sentence": anew.effect.sentence, "effect": effect_text(anew.effect)}
    connection.execute(ASK_AGAIN, told)
    return True


def settle(connection: Connection, now: str, told: str) -> int:
    """At start: what was running was cut short, and nobody knows how far it came. Answers how many."""
    connection.execute(LEFT_BEHIND)
    connection.execute(LOST_KEYS)
    return connection.execute(CUT_SHORT, {"now": now, "told": told}).rowcount


def forget(connection: Connection, until: str) -> int:
    """Forget what ended before a moment."""
    return connection.execute(FORGET, {"until": until}).rowcount
