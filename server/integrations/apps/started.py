"""Processes that Deskhand started and that have not ended: in memory, and stored for the next start."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from server.integrations.apps import store
from server.integrations.apps.adapter import End
from server.integrations.apps.models import LastEnd
from server.integrations.apps.plan import describe_time
from server.integrations.apps.report import describe_exit
from server.integrations.apps.store import Tracked
from server.sdk.context import Context
from server.system.processes import Process

STORE = "remember which programs it has started"
Change = Callable[..., None]  # of a connection and what is to be changed


class LaunchedProcesses:
    """Processes that Deskhand started, by app, and their last ends."""

    def __init__(self, context: Context) -> None:
        self.ends: dict[str, LastEnd] = {}
        self._context = context
        self._known: dict[str, dict[Process, str]] = defaultdict(dict)
        self._stopping: set[Process] = set()

    async def load(self) -> None:
        """Load the processes started before. Whether they still run is checked later."""
        for tracked in await self._context.database.read(store.read_all):
            self._known[tracked.app][tracked.process] = tracked.since

    async def flush(self) -> None:
        """Wait until all of it is stored."""
        await self._context.tasks.wait(STORE)

    def of(self, app: str) -> dict[Process, str]:
        """Processes of an app that Deskhand started, with their start time."""
        return dict(self._known[app])

    def add(self, app: str, processes: Iterable[Process]) -> None:
        """Count running processes as ours."""
        known = self._known[app]
        for process in processes:
            if process.pid not in {other.pid for other in known}:
                known[process] = describe_time(process)
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

    def record_end(self, app: str, end: End) -> None:
        """Hear that a process has ended. What it leaves running is ours, unless all of it is being stopped."""
        stopping = end.process in self._stopping
        if self.forget(app, [end.process]):
            self._remember(app, "It was stopped, as a client asked." if stopping else describe_exit(end.code), end.code)
        if not stopping:
            self.add(app, end.left)
        self._context.events.publish("apps", {"name": app})

    def record_gone(self, gone: Mapping[str, Iterable[Process]]) -> None:
        """Hear of processes that have ended unseen."""
        for app, processes in gone.items():
            if self.forget(app, processes):
                self._remember(app, "It ended while Deskhand was not watching.", None)

    def _remember(self, app: str, how: str, code: int | None) -> None:
        self.ends[app] = LastEnd(at=self._context.clock.now().isoformat(timespec="seconds"), how=how, code=code)

    def _write(self, change: Change, tracked: Tracked) -> None:
        self._context.tasks.start(self._context.database.write(change, [tracked]), name=STORE)
