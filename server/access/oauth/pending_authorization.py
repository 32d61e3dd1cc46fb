"""An authorization request that waits for the person, and what they are shown of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.access.activity.entry import Entry, Outcome, effect_text
from server.access.oauth import redirect_uris
from server.access.oauth.client_names import name_client, spell_name
from server.access.oauth.models import Kind
from server.access.oauth.request_context import AuthorizationRequest, FormParams
from server.core.sentences import Sentence
from server.sdk.approval_requests import ApprovalRequest
from server.sdk.approval_requests import Kind as Subject
from server.sdk.operation import Effect

SENTENCE = Sentence("sign in to Deskhand", "is signing in to Deskhand", "signed in to Deskhand", "could not sign in to Deskhand")


class Decision(StrEnum):
    """Decision on an authorization request."""

    waiting = "waiting"
    approved = "approved"
    denied = "denied"


@dataclass
class PendingAuthorization:
    """A pending request. Only the browser that began it shows the digits; `cookie`: hash of the secret that identifies it.

    `browser`: hash of the cookie by which the browser is known in its later requests. `source`: its network address.
    `found_by_digits`: the person typed its digits at another request.
    """

    id: str
    cookie: bytes = field(repr=False)
    digits: str = field(repr=False)
    request: AuthorizationRequest
    params: FormParams = field(repr=False)
    address: str
    asked_at: datetime
    expires_at: datetime
    browser: bytes = field(default=b"", repr=False)
    source: str = ""
    found_by_digits: bool = False
    tries: int = 0
    polled_at: datetime | None = None
    decision: Decision = Decision.waiting
    reason: str = ""
    permissions: tuple[str, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Return whether the person has neither let in nor created this client."""
        return self.request.client is None

    @property
    def client_id(self) -> str:
        """Its client_id."""
        return self.request.registration.id

    def asks_the_same(self, other: "PendingAuthorization") -> bool:
        """Return whether both would be let in to the same, so that the person may take one for the other."""
        return describe(self).fields == describe(other).fields

    @property
    def moved(self) -> bool:
        """Return whether the client was let in before, with another redirect_uri."""
        registration = self.request.registration
        known = redirect_uris.is_among(self.request.callback, registration.callbacks, any_port=registration.secret_hash is None)
        return bool(registration.callbacks) and not known


def describe_origin(request: AuthorizationRequest) -> str:
    """Verified origin of a client."""
    registration = request.registration
    if registration.kind is Kind.own:
        return "Created here by you"
    if registration.kind is Kind.document:
        return registration.id
    return f"Registered itself here on {registration.created_at[:10]}; its name is not verified"


def describe(pending: PendingAuthorization) -> ApprovalRequest:
    """ApprovalRequest about a pending request, without the digits."""
    request, called = pending.request, spell_name(pending.request.registration.name)
    own = request.registration.kind is Kind.own  # then the person gave it its name
    reach = "its tools, at " if request.resource else ""
    fields = [
        ("Program", called if own else f"It calls itself “{called}”" if called else "It does not say"),
        ("Identified by", describe_origin(request)),
        ("Redirects to", request.callback),
        ("Permissions", "\n".join(pending.permissions)),
        ("Address", f"{reach}{pending.address}{request.resource}"),
    ]
    if pending.moved:
        before = "\n".join(("New redirect URL. Previously:", *request.registration.callbacks))
        fields.append(("Note", before))
    return ApprovalRequest(
        id=pending.id,
        kind=Subject.sign_in,
        client=name_client(request),
        sentence=SENTENCE,
        asked_at=pending.asked_at.isoformat(),
        expires_at=pending.expires_at.isoformat(),
        fields=tuple(fields),
        wants_code=True,
    )


def make_entry(pending: PendingAuthorization, reason: str, now: datetime) -> Entry:
    """Entry of a decided request in the activity."""
    approved = pending.decision is Decision.approved
    return Entry(
        at=now.isoformat(),
        client_id=pending.request.client.id if pending.request.client else None,
        client_name=name_client(pending.request),
        operation="sign_in",
        sentence=SENTENCE,
        changes=True,
        decision="allowed" if approved else "denied",
        reason=reason,
        outcome=Outcome.done if approved else Outcome.refused,
        effect=effect_text(Effect(SENTENCE, describe(pending).fields)),
    )
