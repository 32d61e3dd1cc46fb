"""Requests that stay open until a prompt has ended: streams, and calls with `wait`. Each client may hold some at once."""

from dataclasses import dataclass
from types import TracebackType
from weakref import WeakSet

from server.core.errors import TooManyRequests

MOST_OF_CLIENT, MOST = 16, 128
RETRY_SECONDS = 5
TOO_MANY = "Too many requests wait for answers, {count} of them yours. Read the prompt without waiting, or try again later."


@dataclass(eq=False)
class HeldRequest:
    """One of them, until the end of its `with`, or until nothing refers to it: a stream may be given up before it begins."""

    client_id: str
    _all: "WeakSet[HeldRequest]"

    def __enter__(self) -> None:
        """Go on holding it."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._all.discard(self)


class HeldRequests:
    """All of them."""

    def __init__(self) -> None:
        self._all: WeakSet[HeldRequest] = WeakSet()

    def hold(self, client_id: str) -> HeldRequest:
        """Hold one more. Raises TooManyRequests if the client, or all of them, hold as many as they may."""
        of_client = sum(request.client_id == client_id for request in self._all)
        if of_client >= MOST_OF_CLIENT or len(self._all) >= MOST:
            raise TooManyRequests(TOO_MANY.format(count=of_client), retry_after=RETRY_SECONDS)
        request = HeldRequest(client_id, self._all)
        self._all.add(request)
        return request
