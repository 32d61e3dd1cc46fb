"""Objects that one integration provides and another one uses, for a Protocol that both know from the sdk."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from server.core.errors import Unavailable

Offered = TypeVar("Offered")


class Offers:
    """The offered objects, by their Protocol. Integrations start one after the other and may end, so each use asks anew."""

    def __init__(self) -> None:
        self._objects: dict[type, Any] = {}

    @contextmanager
    def offer(self, protocol: type[Offered], provided: Offered) -> Iterator[None]:
        """Offer an object inside the `with`. Raises ValueError if there is one for this Protocol."""
        if protocol in self._objects:
            raise ValueError(f"{protocol.__name__} is offered already.")
        self._objects[protocol] = provided
        try:
            yield
        finally:
            del self._objects[protocol]

    def find(self, protocol: type[Offered]) -> Offered | None:
        """Find the object for a Protocol; None if nobody offers it, or not yet, or not any more."""
        return self._objects.get(protocol)

    def require(self, protocol: type[Offered], missing: str = "") -> Offered:
        """Find the object for a Protocol. Raises Unavailable with the sentence `missing` if there is none now."""
        offered = self.find(protocol)
        if offered is None:
            raise Unavailable(missing)
        return offered
