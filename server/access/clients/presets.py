"""Permission presets: what a new client may do, by meaning instead of operation by operation.

A preset fits into one action of a GPT, which takes 30 operations (developers.openai.com/api/docs/actions/production).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from server.access.clients.client import Policy
from server.core.errors import InvalidInput

if TYPE_CHECKING:  # it takes a second to import
    from server.sdk.operation import Operation

MOST_OPERATIONS = 30


class Preset(StrEnum):
    """The presets."""

    read_only = "read-only"  #: reads everything and changes nothing
    ask = "ask"  #: reads everything and asks before each change


LABELS = {
    Preset.read_only: ("Read only", "It can look things up. It cannot change or send anything."),
    Preset.ask: (
        "Ask me before changes",
        "It can look things up. It asks you before it changes or sends anything, and shows exactly what.",
    ),
}


@dataclass(frozen=True)
class Permissions:
    """Permissions of a client: its scopes, and the policies of those operations that do not have the usual one."""

    scopes: frozenset[str]
    policies: Mapping[str, Policy]


def choose_operations(preset: Preset, operations: "Iterable[Operation]", most: int = MOST_OPERATIONS) -> "list[Operation]":
    """Choose the operations of a preset: if there are too many, those that are declared rare are left out first.

    Operations that every client has count too; a client has them as soon as it may change something. Those that speak the API
    of another service stand in no document, so they do not count, and keep their usual policy.
    """
    available = [operation for operation in operations if operation.asks]
    for_all = [operation for operation in available if not operation.scope]
    candidates = [operation for operation in available if operation.scope and operation.is_documented]
    if preset is Preset.read_only:
        candidates = [operation for operation in candidates if operation.is_reading]
    ranked = sorted(candidates, key=lambda operation: operation.rare)
    while ranked and len(ranked) + sum(is_needed(operation, ranked) for operation in for_all) > most:
        ranked.pop()
    return [operation for operation in candidates if operation in ranked]


def is_needed(operation: "Operation", others: "Iterable[Operation]") -> bool:
    """Return whether clients with some operations need one that has no scope: to poll approvals, or calls that take long."""
    return any(other.long if operation.for_jobs else other.changes for other in others)


def make_permissions(preset: Preset, operations: "Collection[Operation]", scopes: Collection[str] | None = None) -> Permissions:
    """Make the permissions of a preset, within some scopes unless they are None."""
    chosen = choose_operations(
        preset, [operation for operation in operations if scopes is None or operation.scope in {"", *scopes}]
    )
    reached, names = frozenset(operation.scope for operation in chosen), {operation.name for operation in chosen}
    others = [operation for operation in operations if operation.asks and operation.name not in names]
    left_out = [operation.name for operation in others if operation.scope in reached]
    return Permissions(reached, dict.fromkeys(left_out, Policy.deny))


def require_individual(operations: "Iterable[Operation]", allowed: Collection[str]) -> None:
    """Raises InvalidInput if all operations of a scope are allowed at once that may only be allowed one by one."""
    groups: dict[str, set[str]] = {}
    for operation in operations:
        if operation.individual and operation.changes:
            groups.setdefault(operation.scope, set()).add(operation.name)
    for scope, names in groups.items():
        if len(names) > 1 and names <= set(allowed):
            raise InvalidInput(f"{scope} could do too much to be allowed as a whole. Allow its operations one by one.")


def describe_always(operation: "Operation") -> str:
    """Describe what is permitted by allowing a changing operation without asking; empty for one that reads."""
    if not operation.changes:
        return ""
    if operation.unaccepted:
        return "It has changed since you accepted it, so it goes on asking until you accept the change under Tools."
    if operation.reaches_others:
        return "It can send any text to anyone in your name without asking. You only see it afterwards."
    if operation.destructive:
        return "It can do this to anything without asking, any number of times, and not all of it can be undone."
    return "It can do this to anything without asking, any number of times. You only see it afterwards."
