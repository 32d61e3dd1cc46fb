"""A client: its name, scopes, policies and rate limit."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes a second to import
    from server.sdk.operation import Operation


class Policy(StrEnum):
    """Policy of a client for an operation that it has the scope for."""

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
    grant: str = ""  # with which it authenticated; empty if that was a key
    caller: str = ""  # SHA-256 of the token of a caller who brings their own
    caller_scope: str = ""  # the only one that the caller has; empty if all of their kind are served

    @property
    def signs_in(self) -> bool:
        """Return whether it has no key, and uses OAuth."""
        return not self.key_hint

    @property
    def document_id(self) -> str:
        """Id in the address of its document, which names its operations: unguessable, as its own id is random and secret."""
        return hashlib.sha256(f"document of {self.id}".encode()).hexdigest()[:32]

    @property
    def credential(self) -> str:
        """Identifier of the key or grant with which it authenticated, to find it again. No secret."""
        if self.caller:
            return f"caller:{self.id}"
        return f"grant:{self.grant}" if self.grant else f"key:{self.key_hash.hex()}"

    @property
    def identity(self) -> str:
        """Identifier of who calls, by which calls are counted and compared: the client, or one of its callers."""
        return f"{self.id} {self.caller}" if self.caller else self.id

    def granted(self, grant: str, scopes: frozenset[str]) -> "Client":
        """The client with the scopes that both it and the grant have."""
        return replace(self, grant=grant, scopes=self.scopes & scopes)

    def policy_for(self, operation: "Operation") -> Policy:
        """Policy for an operation. By default reading, keeping and what is trusted are allowed, and changing asks.

        What would ask is denied where nobody can be asked.
        """
        usual = Policy.ask if operation.changes and not operation.trusted else Policy.allow
        policy = self.policies.get(operation.name, usual)
        if operation.unaccepted and policy is Policy.allow:
            policy = Policy.ask
        return Policy.deny if policy is Policy.ask and not operation.asks else policy


UNCHANGED = "as it was"


@dataclass(frozen=True)
class Change:
    """Changes of a client.

    `scopes`: None keeps them. `policies`: those not named stay. `rate`: UNCHANGED keeps it, None is the default limits.
    """

    scopes: frozenset[str] | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)
    rate: str | None = UNCHANGED
