"""Clients that are paired: a program at this computer asks for a key of its own, and the person confirms it."""

from server.core.errors import Unavailable


class PairedClients:
    """Makes a client for a paired program, and revokes it. This one makes none; a running server has the one of its clients."""

    async def pair(self, name: str, scope: str, origin: str = "") -> tuple[str, str]:
        """Make a client with this scope alone. Returns its id and its key.

        `name`: anything; the client's name is made of it. `origin`: a browser's, which may call from then on.
        """
        del name, origin
        raise Unavailable(f"Nobody can be paired for {scope}.")

    async def unpair(self, client_id: str, origin: str = "") -> None:
        """Revoke the client. `origin`: one that may not call any more."""
