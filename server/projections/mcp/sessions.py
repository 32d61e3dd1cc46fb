"""The open sessions of each client, so that no client can use up the room of all others."""

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
        """Evict a session for a new one and answer its id, or None if there is room for all.

        Raises TooManyRequests if all are at work.
        """
        own = self._of[client]
        if len(own) <= self._most:
            return None
        idle = next((session for session in own if not session.busy), None)
        if idle is None:
            raise TooManyRequests(f"This client has {self._most} sessions at work already. End one of them first.")
        own.remove(idle)
        return idle.id

    @contextmanager
    def use(self, client: str, session_id: str | None) -> Iterator[Session]:
        """Mark a session busy, a new one without an id. One that did not open, or is over, is forgotten."""
        own = self._of[client]
        session = next((session for session in own if session_id and session.id == session_id), None)
        session = session or Session(session_id or "", over=bool(session_id))
        if session in own:
            own.remove(session)
        own.append(session)
        session.busy += 1
        try:
            yield session
        finally:
            session.busy -= 1
            if (session.over or not session.id) and session in own:
                own.remove(session)
