"""Which sessions each client has open, so that one client cannot take the room of all others."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from server.core.errors import TooManyRequests


@dataclass
class Session:
    """One session of a client. `busy`: its requests that are on their way. `id` is "" until it is open."""

    id: str = ""
    busy: int = 0
    over: bool = False


class Sessions:
    """The sessions by their client, the one last used at the end. At most so many of each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: defaultdict[str, list[Session]] = defaultdict(list)

    def make_room(self, client: str) -> str | None:
        """Take out a session that has to give way; output_schema its id, or None where there is room for all.

        Raises TooManyRequests if all are at work.
        """
        own = self._of[client]
        if len(own) <= self._most:
            return None
        idle = next((one for one in own if not one.busy), None)
        if idle is None:
            raise TooManyRequests(f"This client has {self._most} sessions at work already. End one of them first.")
        own.remove(idle)
        return idle.id

    @contextmanager
    def use(self, client: str, session_id: str | None) -> Iterator[Session]:
        """Have a session at work, a new one where none is named; one that did not open, or is over, is forgotten."""
        own = self._of[client]
        one = next((one for one in own if session_id and one.id == session_id), None)
        one = one or Session(session_id or "", over=bool(session_id))
        if one in own:
            own.remove(one)
        own.append(one)
        one.busy += 1
        try:
            yield one
        finally:
            one.busy -= 1
            if (one.over or not one.id) and one in own:
                own.remove(one)
