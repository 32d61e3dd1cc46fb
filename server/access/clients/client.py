"""A client as the rest of access sees it: who it is, what it may do, how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from server.sdk.operation import Operation


class Policy(StrEnum):
    """What happens when a client asks for an operation that it has the scope for."""

    allow = "allow"  #: it runs
    ask = "ask"  #: the person decides, each time
    deny = "deny"  #: it is refused


@dataclass(frozen=True)
class Client:
    """`rate` is None for the usual limits, "none" for no limit, or such as "30/minute"."""

    id: str
    name: str
    scopes: frozenset[str]
    policies: Mapping[str, Policy] = field(default_factory=dict)
    rate: str | None = None
    created_at: str = ""
    revoked_at: str | None = None
    key_hint: str = ""
    key_created_at: str = ""
    key_hash: bytes = field(default=b"", repr=False)
    grant: str = ""  # with which it came in; none where it was a key

    @property
    def signs_in(self) -> bool:
        """Whether it has no key, and comes in with what the person let it sign in for."""
        return not self.key_hint

    @property
    def credential(self) -> str:
        """With what it came in: a word that can be kept, by which it can be found again while that still opens."""
        return f"grant:{self.grant}" if self.grant else f"key:{self.key_hash.hex()}"

    def granted(self, grant: str, scopes: frozenset[str]) -> "Client":
        """The client as it comes in with a grant: it may do what both of them may."""
        return replace(self, grant=grant, scopes=self.scopes & scopes)

    def policy_for(self, operation: Operation) -> Policy:
        """Reading and keeping are allowed and changing asks, until the person says otherwise."""
        return self.policies.get(operation.name, Policy.ask if operation.changes else Policy.allow)


AS_IT_WAS = "as it was"


@dataclass(frozen=True)
class Change:
    """What a person changes about a client.

    `scopes`: None leaves them. `policies`: those not named stay. `rate`: AS_IT_WAS leaves it, None is the usual limits.
    """

    scopes: frozenset[str] | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)
    rate: str | None = AS_IT_WAS
