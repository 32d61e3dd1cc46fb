"""What Deskhand has started and has not seen to end: known at once, and kept so that it is known after a restart too."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from server.integrations.apps import store
from server.integrations.apps.adapter import End
from server.integrations.apps.models import LastEnd
from server.integrations.apps.plan import say_when
from server.integrations.apps.report import tell_end
from server.integrations.apps.store import Tracked
from server.sdk.context import Context
from server.system.processes import Process

STORE = "remember which programs it has started"
Change = Callable[..., None]  # of a connection and what is to be changed


class Started:
    """The processes that are ours, by app, and how those that were ended last."""

    def __init__(self, context: Context) -> None:
        self.ends: dict[str, LastEnd] = {}
        self._context = context
        self._known: dict[str, dict[Process, str]] = defaultdict(dict)
        self._stopping: set[Process] = set()

    async def load(self) -> None:
        """Recall what was started before. Whether it still runs is seen when somebody looks."""
        for tracked in await self._context.database.read(store.read_all):
            self._known[tracked.app][tracked.process] = tracked.since

    async def flush(self) -> None:
        """Wait until all of it is stored."""
        await self._context.tasks.wait(STORE)

    def of(self, app: str) -> dict[Process, str]:
        """What is ours of an app, with since when."""
        return dict(self._known[app])

    def add(self, app: str, processes: Iterable[Process]) -> None:
        """Count running processes as ours."""
        known = self._known[app]
        for process in processes:
            if process.pid not in {other.pid for other in known}:
                known[process] = say_when(process)
                self._write(store.add, Tracked(app, process, known[process]))

    def forget(self, app: str, processes: Iterable[Process]) -> bool:
        """Drop processes that have ended; True: one of them was ours."""
        gone = [(process, self._known[app].pop(process, None)) for process in processes]
        for process, since in gone:
            if since is not None:
                self._write(store.forget, Tracked(app, process, since))
        return any(since is not None for _, since in gone)

    def begin_stop(self, processes: Iterable[Process]) -> None:
        """From now on these end because they were told to."""
        self._stopping.update(processes)

    def finish_stop(self, app: str, processes: Iterable[Process], left: Iterable[Process]) -> None:
        """Those that were told to end have, but for what is left."""
        self._stopping.difference_update(processes)
        if self.forget(app, set(processes) - set(left)):
            self._remember(app, "It was stopped, as a client asked.", None)

    def note_end(self, app: str, end: End) -> None:
        """Hear that a process has ended. What it leaves running is ours, unless all of it is being stopped."""
        stopping = end.process in self._stopping
        if self.forget(app, [end.process]):
            self._remember(app, "It was stopped, as a client asked." if stopping else tell_end(end.code), end.code)
        if not stopping:
            self.add(app, end.left)
        self._context.events.publish("apps", {"name": app})

    def note_gone(self, gone: Mapping[str, Iterable[Process]]) -> None:
        """Hear of processes that have ended unseen."""
        for app, processes in gone.items():
            if self.forget(app, processes):
                self._remember(app, "It ended while Deskhand was not watching.", None)

    def _remember(self, app: str, how: str, code: int | None) -> None:
        self.ends[app] = LastEnd(at=self._context.clock.now().isoformat(timespec="seconds"), how=how, code=code)

    def _write(self, change: Change, tracked: Tracked) -> None:
        self._context.tasks.start(self._context.database.write(change, [tracked]), name=STORE)
