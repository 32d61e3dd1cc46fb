"""The caller of a call, as the function of its operation sees it."""

from fastapi import Request

from server.access.clients.client import Policy
from server.access.guard.record import CallRecord
from server.http.in_process import CALLER_TOKEN


class Caller:
    """The client of a request, and its own token if it has no key."""

    def __init__(self, request: Request, record: CallRecord) -> None:
        self._request = request
        self.record = record

    @property
    def client_id(self) -> str:
        """The caller's id."""
        return self.record.client.id

    @property
    def client_name(self) -> str:
        """The caller's name, as the person chose it."""
        return self.record.client.name

    @property
    def caller_token(self) -> str:
        """The caller's own token, if it has no key; never stored."""
        return str(self._request.scope.get(CALLER_TOKEN, ""))

    @property
    def is_allowed(self) -> bool:
        """Return whether the person has allowed the operation to the caller."""
        return self.record.client.policies.get(self.record.operation.name) is Policy.allow

    def has_scope(self, scope: str) -> bool:
        """Return whether the caller has a scope."""
        return scope in self.record.client.scopes
