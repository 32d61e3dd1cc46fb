"""Suggestions while the person types the name of a program."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from pydantic import BaseModel, Field

from server.integrations.apps.discovery.installed_programs import Installed, Source, list_programs
from server.integrations.apps.resolve.launch_spec import Machine

MOST = 30
LATE = "This computer's programs are still being looked up. A folder may not answer; the whole path of a program works too."
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
    late: str | None = Field(None, description="Why some may be missing: a sentence where looking takes unusually long.")


class Programs:
    """The programs of this computer, looked up again when it is a while ago. Everything belongs on the event loop.

    A folder on a computer that does not answer can hold whoever looks for ever. So that happens in a thread of its own, which
    nobody waits for longer than `wait_seconds`, nor at the program's end; meanwhile what was known before is answered.
    """

    def __init__(
        self, machine: Machine, monotonic: Callable[[], float], fresh_seconds: float = 15, wait_seconds: float = 4
    ) -> None:
        self._machine = machine
        self._monotonic = monotonic
        self._fresh_seconds, self._wait_seconds = fresh_seconds, wait_seconds
        self._found: list[Installed] = []
        self._looked: float | None = None  # when the last look began
        self._look: Future[list[Installed]] | None = None

    async def suggest(self, query: str, most: int = MOST) -> Suggestions:
        """Answer what fits best. Nothing written: what is in the menu and what runs."""
        late = not await self._refresh()
        fitting = await asyncio.to_thread(rank, query, self._found)
        best = [Suggestion.model_validate(program, from_attributes=True) for program in fitting[:most]]
        return Suggestions(programs=best, more=max(0, len(fitting) - most), late=LATE if late else None)

    async def _refresh(self) -> bool:
        """Look where that is due. False: it takes too long, and goes on."""
        now = self._monotonic()
        if self._look is None and self._looked is not None and now - self._looked <= self._fresh_seconds:
            return True
        if self._look is None:
            self._looked, self._look = now, self._begin()
        inspect_apps, began = self._look, self._looked or now
        await asyncio.wait([asyncio.wrap_future(inspect_apps)], timeout=max(0.0, began + self._wait_seconds - now))
        if not inspect_apps.done():
            return False
        if self._look is inspect_apps:
            self._look = None
            if inspect_apps.exception():
                self._looked = None
            self._found = inspect_apps.result()
        return True

    def _begin(self) -> Future[list[Installed]]:
        inspect_apps: Future[list[Installed]] = Future()

        def run() -> None:
            try:
                inspect_apps.set_result(list_programs(self._machine))
            except Exception as error:  # noqa: BLE001, it is raised where the answer is taken
                inspect_apps.set_exception(error)

        threading.Thread(target=run, name="suggestions", daemon=True).start()
        return inspect_apps


def rank(query: str, programs: Sequence[Installed]) -> list[Installed]:
    """Those that fit, best first."""
    words = query.lower().split()
    if not words:
        fitting = [(0, program) for program in programs if program.source != "path"]
    else:
        fitting = [(grade, program) for program in programs if (grade := fit(words, program)) is not None]
    fitting.sort(key=lambda pair: (pair[0], RANKS[pair[1].source], not pair[1].running, len(pair[1].title), pair[1].title))
    return [program for _, program in fitting]


def fit(words: Sequence[str], program: Installed) -> int | None:
    """Rank of a program, 0 is best, None if it does not match."""
    title, query = program.title.lower(), " ".join(words)
    name = program.program.lower()
    if query in {title, name}:
        return 0
    if title.startswith(query) or name.startswith(query):
        return 1
    parts = title.replace("-", " ").split()
    if all(any(part.startswith(word) for part in parts) for word in words):
        return 2
    if all(word in title or word in name for word in words):
        return 3
    far = f"{title} {program.words.lower()} {program.executable.lower() if len(query) > 2 else ''}"
    return 4 if all(word in far for word in words) else None
