"""What the person may mean while they write the name of a program."""

import threading
from collections.abc import Callable, Sequence

from pydantic import BaseModel, Field

from server.integrations.apps.programs import Installed, Source, list_programs
from server.integrations.apps.recipe import Machine

MOST = 30
RANKS: dict[Source, int] = {"application": 0, "running": 1, "path": 2}


class Suggestion(BaseModel):
    """A program that could be added."""

    title: str = Field(description="Its name for people.")
    program: str = Field(description="What to add: a .desktop file's name, a bare name in PATH, or a whole path.")
    executable: str = Field(description="The file that runs.")
    source: Source = Field(description="Where it was found: application (in the menu), running, or path (in PATH).")
    running: bool = Field(description="Whether it runs now.")


class Suggestions(BaseModel):
    """The programs that fit, best first."""

    programs: list[Suggestion] = Field(description="The best of them.")
    more: int = Field(description="How many more fit.")


class Programs:
    """The programs of this computer, looked up again when it is a while ago. Blocks; any thread may call."""

    def __init__(self, machine: Machine, monotonic: Callable[[], float], fresh_seconds: float = 15) -> None:
        self._machine = machine
        self._monotonic = monotonic
        self._fresh_seconds = fresh_seconds
        self._found: list[Installed] = []
        self._looked: float | None = None
        self._lock = threading.Lock()

    def suggest(self, query: str, most: int = MOST) -> Suggestions:
        """Answer what fits best. Nothing written: what is in the menu and what runs."""
        fitting = rank(query, self._list())
        return Suggestions(programs=[describe(one) for one in fitting[:most]], more=max(0, len(fitting) - most))

    def _list(self) -> list[Installed]:
        with self._lock:
            now = self._monotonic()
            if self._looked is None or now - self._looked > self._fresh_seconds:
                self._found = list_programs(self._machine)
                self._looked = now
            return self._found


def rank(query: str, programs: Sequence[Installed]) -> list[Installed]:
    """Those that fit, best first."""
    words = query.lower().split()
    if not words:
        fitting = [(0, one) for one in programs if one.source != "path"]
    else:
        fitting = [(grade, one) for one in programs if (grade := fit(words, one)) is not None]
    fitting.sort(key=lambda pair: (pair[0], RANKS[pair[1].source], not pair[1].running, len(pair[1].title), pair[1].title))
    return [one for _, one in fitting]


def fit(words: Sequence[str], one: Installed) -> int | None:
    """How well a program fits, 0 best; None where it does not."""
    title, asked = one.title.lower(), " ".join(words)
    name = one.program.lower()
    if asked in {title, name}:
        return 0
    if title.startswith(asked) or name.startswith(asked):
        return 1
    parts = title.replace("-", " ").split()
    if all(any(part.startswith(word) for part in parts) for word in words):
        return 2
    if all(word in title or word in name for word in words):
        return 3
    far = f"{title} {one.words.lower()} {one.executable.lower() if len(asked) > 2 else ''}"
    return 4 if all(word in far for word in words) else None


def describe(one: Installed) -> Suggestion:
    """A program as the page shows it."""
    return Suggestion(title=one.title, program=one.program, executable=one.executable, source=one.source, running=one.running)
