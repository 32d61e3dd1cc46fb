"""Log of an upstream server: the last lines that it wrote to its standard error, without secrets."""

from collections import deque
from collections.abc import Iterable

from server.core.invisible import make_visible, show_line
from server.core.redaction import redact

MOST_LINES = 500
LONGEST_LINE = 2_000  # characters
SHORTEST_SECRET = 6  # characters; shorter values occur in ordinary words


class UpstreamLog:
    """Bounded log. `secrets`: values that are replaced wherever they occur."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._secrets = sorted({value for value in secrets if len(value) >= SHORTEST_SECRET}, key=len, reverse=True)

    def with_secret(self, secret: str) -> "UpstreamLog":
        """The same log, for one who knows another secret."""
        log = UpstreamLog([*self._secrets, secret])
        log._lines = self._lines
        return log

    def add(self, text: str) -> None:
        """Add the lines of a text. Terminal controls and hidden characters are shown, secrets are not."""
        for line in text.splitlines()[-MOST_LINES:]:
            shown = redact(make_visible(self._hide(line[: 2 * LONGEST_LINE]).expandtabs(4).rstrip()))
            if shown:
                self._lines.append(shown if len(shown) <= LONGEST_LINE else f"{shown[:LONGEST_LINE]}…")

    def redact(self, line: str) -> str:
        """Return a line as it may be shown, without spaces that align it."""
        return redact(show_line(self._hide(line)))

    def _hide(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, "•••")
        return line

    def lines(self) -> list[str]:
        """Return the lines, oldest first."""
        return list(self._lines)

    @property
    def last(self) -> str:
        return self._lines[-1].strip() if self._lines else ""
