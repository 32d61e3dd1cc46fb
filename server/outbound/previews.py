"""Previews contact no address that a caller chose: the guard marks them, and this package refuses requests meanwhile.

Whoever reads a URL that a misled model wrote learns what is in it, so a person has to see the whole of it first.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from server.core.errors import Forbidden


@dataclass(frozen=True)
class Link:
    """An address that a caller chose. `given`: as it was sent; `address`: as it is requested; `host`: in ASCII."""

    given: str
    address: str
    host: str


class FetchNotPermitted(Forbidden):
    """The person at this computer has not seen this link yet, so nothing is fetched from it."""

    def __init__(self, links: Collection[Link]) -> None:
        super().__init__()
        self.links = tuple(links)


permitted_links: ContextVar[frozenset[str] | None] = ContextVar("permitted_links", default=None)


@contextmanager
def previewing(permitted: Collection[str] = ()) -> Iterator[None]:
    """Mark what runs in this block as a preview. `permitted`: links, as they were sent, that the person has approved."""
    token = permitted_links.set(frozenset(permitted))
    try:
        yield
    finally:
        permitted_links.reset(token)


@contextmanager
def reading_own_account() -> Iterator[None]:
    """Let a preview read the person's own account in this block, at an address that no caller chose."""
    token = permitted_links.set(None)
    try:
        yield
    finally:
        permitted_links.reset(token)


def is_permitted(given: str) -> bool:
    """Return whether a link may be fetched: outside of a preview, or because the person has approved it."""
    permitted = permitted_links.get()
    return permitted is None or given in permitted


def require_no_preview() -> None:
    """Raises RuntimeError in a preview."""
    if permitted_links.get() is not None:
        raise RuntimeError("A preview sends nothing, and reads the person's own accounts and data only.")
