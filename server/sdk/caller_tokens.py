"""Callers who bring a token of their own, which an outside service knows, and no key of Deskhand's."""

from collections.abc import Callable

from server.core.errors import Unavailable


class CallerTokens:
    """Scopes that such callers may use. All callers of one scope are one client, whose permissions the person decides on.

    This one lets nobody in; a running server has the one of its guard. `on_end`: called with each scope that they may not use
    any more.
    """

    def __init__(self) -> None:
        self.on_end: list[Callable[[str], object]] = []

    async def enable(self, scope: str, name: str) -> str:
        """Let callers use a scope. Returns the id of their new client, whose name begins with `name`."""
        raise Unavailable(f"Nobody can be let in as {name} for {scope}.")

    async def restore(self, scope: str, client_id: str) -> None:
        """Let them use it again after a start, as the same client, unless it was revoked."""

    async def disable(self, scope: str) -> None:
        """Let nobody use it any more, and revoke the client."""

    def is_enabled(self, scope: str) -> bool:
        """Return whether callers may use a scope."""
        del scope
        return False
