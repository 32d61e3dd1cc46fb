"""Starts, stops and watches the programs of the allow-list."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from server.core.errors import DeskhandError
from server.core.resources import shipped
from server.integrations.apps import adapter
from server.integrations.apps.allow_list.entries import AppsFile, Entry
from server.integrations.apps.allow_list.file import AllowList, default_paths, find_entry
from server.integrations.apps.discovery.add_app import NewApp, make_entry
from server.integrations.apps.discovery.suggestions import Programs
from server.integrations.apps.models import AppList, AppStatus, Order, Outcome
from server.integrations.apps.plan import AppState, Plan, make_plan
from server.integrations.apps.report import describe_action, describe_exit, report_stop, to_app_list, to_app_status, to_outcome
from server.integrations.apps.resolve.launch_spec import Machine, resolve
from server.integrations.apps.started import LaunchedProcesses
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.operation import Effect, require_allowed, require_still_allowed
from server.system import processes
from server.system.environment import clean_environment, system_of
from server.system.processes import Process

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Timing:
    """`settle_seconds`: how long a program is watched after its start, to tell when it ends at once or hands over.

    `appear_seconds`: how long a program may take to appear when another one starts it. `look_seconds`: between two looks.
    `close_seconds`: how long the end of Deskhand waits for what was begun.
    """

    settle_seconds: float = 0.4
    appear_seconds: float = 5.0
    look_seconds: float = 0.1
    close_seconds: float = 5.0


USUAL = Timing()
CONTROL = "start or stop a program"


class Launcher(Health):
    """The apps on the person's list."""

    def __init__(self, context: Context, allow_list: AllowList, machine: Machine, timing: Timing = USUAL) -> None:
        self.allow_list = allow_list
        self.machine = machine
        self.programs = Programs(machine, context.clock.monotonic)
        self._context = context
        self._timing = timing
        self._started = LaunchedProcesses(context)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._watched: dict[Process, asyncio.Future[adapter.End]] = {}

    @property
    def summary(self) -> str:
        """Number of programs for clients, in a few words."""
        count = len([entry for entry in self.allow_list.latest.apps.values() if entry.enabled])
        return f"{count} {'program' if count == 1 else 'programs'} on the list"

    async def refresh(self) -> None:
        """Read the allow-list again if it changed."""
        await asyncio.to_thread(self.allow_list.current)

    @property
    def problem(self) -> str | None:
        """Problem of the allow-list."""
        return self.allow_list.problem

    async def open(self) -> None:
        """Read the allow-list and the processes started before."""
        await asyncio.to_thread(self.allow_list.open)
        await self._started.load()

    async def close(self) -> None:
        """Finish orders that have begun. The programs keep running."""
        await self._context.tasks.wait(CONTROL, self._timing.close_seconds)
        await self._started.flush()

    async def list_all(self) -> AppList:
        """List the apps that clients may see."""
        return to_app_list([seen for seen in await self.inspect_apps((await self.apps()).apps) if seen.entry.enabled])

    async def read(self, app_name: str) -> AppStatus:
        """One app in full. NotFound: it is not on the list."""
        seen = await self._inspect(app_name)
        return to_app_status(seen, self._started.ends.get(seen.name), self._context.clock.now())

    async def preview(self, order: Order) -> Effect:
        """Build the Effect of an order."""
        return (await self._plan(order)).effect

    async def control(self, order: Order) -> Outcome:
        """Execute an order to its end even if the caller disconnects, so that started processes are known."""
        return await self._context.tasks.complete(self._control(order), name=CONTROL)

    async def save(self, apps: AppsFile) -> None:
        """Put another list in the place of this one."""
        await asyncio.to_thread(self.allow_list.save, apps)
        self._context.events.publish("apps")

    async def put(self, name: str, entry: Entry, mark: str | None = None) -> None:
        """Add an app to the list, or change it. InvalidInput: it does not fit. Conflict: it is not as it was with this mark."""
        await asyncio.to_thread(self.allow_list.put, name, entry, mark)
        self._context.events.publish("apps")

    async def add(self, requested: NewApp) -> str:
        """Add a program to the list; answer its name there. InvalidInput: there is no such program."""

        def add() -> str:
            return self.allow_list.add(*make_entry(requested, self.machine))

        name = await asyncio.to_thread(add)
        self._context.events.publish("apps")
        return name

    async def remove(self, name: str, mark: str | None = None) -> None:
        """Take an app off the list. NotFound: it is not on it. Conflict: it is not as it was with this mark."""
        await asyncio.to_thread(self.allow_list.remove, name, mark)
        self._context.events.publish("apps")

    async def restore(self) -> None:
        """Put the last list that made sense in the place of a broken one."""
        await asyncio.to_thread(self.allow_list.restore)
        self._context.events.publish("apps")

    async def apps(self) -> AppsFile:
        """The list in force."""
        return await asyncio.to_thread(self.allow_list.current)

    async def inspect_apps(self, entries: Mapping[str, Entry]) -> list[AppState]:
        """Read the state of apps in one pass over the processes."""
        ours = {name: self._started.of(name) for name in entries}
        every = await asyncio.to_thread(inspect_apps, entries, self.machine, ours)
        watched = self._watched.keys()  # of these somebody will tell how they ended
        self._started.record_gone({seen.name: ours[seen.name].keys() - seen.ours.keys() - watched for seen in every})
        return every

    async def _inspect(self, requested: str) -> AppState:
        name, entry = find_entry(await self.apps(), requested)
        return (await self.inspect_apps({name: entry}))[0]

    async def _plan(self, order: Order) -> Plan:
        seen = await self._inspect(order.app_name)
        return await asyncio.to_thread(make_plan, order, seen, self.machine)

    async def _control(self, order: Order) -> Outcome:
        name, _ = find_entry(await self.apps(), order.app_name)
        async with self._locks[name]:
            outcome = await self._execute(await self._plan(order))
            await self._started.flush()
        self._context.events.publish("apps", {"name": name})
        return outcome

    async def _execute(self, plan: Plan) -> Outcome:
        running = plan.seen.running()
        if plan.nothing:
            return to_outcome(plan, plan.nothing, next(iter(running), None))
        require_allowed(plan.effect)  # others had their turn before, and the list or the file may have changed
        await require_still_allowed()
        ended = await self._stop(plan)
        if ended.left:
            sentence = f"{plan.seen.title} could not be ended. The person at this computer has to look."
            return to_outcome(plan, sentence, ended.left[0], success=False)
        if plan.command:
            await require_start_allowed(plan)
            return await self._run(plan)
        return to_outcome(plan, report_stop(plan.seen, ended.killed, others=running.keys() != set(plan.stops)))

    async def _stop(self, plan: Plan) -> processes.Ended:
        entry, launch_spec = plan.seen.entry, plan.seen.launch_spec
        grace = entry.stop.timeout_s if entry.stop.method == "graceful" else 0
        self._started.begin_stop(plan.stops)
        end = partial(adapter.end, launch_spec=launch_spec, machine=self.machine, grace_seconds=grace)
        run = asyncio.get_running_loop().run_in_executor
        every = await asyncio.gather(*(run(adapter.ENDING, end, process) for process in plan.stops))
        if watched := [self._watched[process] for process in plan.stops if process in self._watched]:
            await asyncio.wait(watched, timeout=self._timing.settle_seconds)  # until they are reaped as well
        left = tuple(process for ended in every for process in ended.left)
        self._started.finish_stop(plan.seen.name, plan.stops, left)
        return processes.Ended(sum(ended.killed for ended in every), left)

    async def _run(self, plan: Plan) -> Outcome:
        """Start a program and watch it for `settle_seconds`."""
        seen, launch_spec = plan.seen, plan.seen.launch_spec
        if launch_spec is None:  # pragma: no cover, a plan has a command only with a launch spec
            raise ValueError(plan)
        ending: asyncio.Future[adapter.End] = asyncio.get_running_loop().create_future()
        on_end = self._listen(seen.name, ending)
        process = await asyncio.to_thread(adapter.launch, plan.command, launch_spec, self.machine.system, on_end)
        self._watched[process] = ending
        ending.add_done_callback(lambda _: self._watched.pop(process))
        if not launch_spec.hands_over:
            self._started.add(seen.name, [process])
            if ending.done():  # it was heard of before it was known
                self._started.record_end(seen.name, ending.result())
        await asyncio.wait([ending], timeout=self._timing.settle_seconds)
        if not ending.done() and not launch_spec.hands_over:
            return to_outcome(plan, f"{seen.title} has {describe_action(plan)}.", process)
        if ending.done() and ending.result().code and launch_spec.kind not in {"uri", "store"}:
            return to_outcome(plan, f"{seen.title} has ended at once. {describe_exit(ending.result().code)}", success=False)
        match = seen.entry.match
        elsewhere = launch_spec.hands_over or match.exe or match.process_name
        return await self._follow(plan, self._timing.appear_seconds if elsewhere else 0)

    def _listen(self, name: str, ending: asyncio.Future[adapter.End]) -> adapter.OnEnd:
        """Make the callback of a watching thread for the end of a program."""
        loop = asyncio.get_running_loop()

        def hear(end: adapter.End) -> None:
            self._started.record_end(name, end)
            if not ending.done():
                ending.set_result(end)

        def on_end(end: adapter.End) -> None:
            try:
                loop.call_soon_threadsafe(hear, end)
            except RuntimeError:
                log.debug("A program ended after Deskhand had stopped.")

        return on_end

    async def _follow(self, plan: Plan, seconds: float) -> Outcome:
        """Find the processes that a launcher left running, and adopt new ones."""
        clock, title = self._context.clock, plan.seen.title
        before = {process.pid for process in plan.seen.running().keys() - set(plan.stops)}
        deadline = clock.monotonic() + seconds
        while True:
            running = (await self.inspect_apps({plan.seen.name: plan.seen.entry}))[0].running()  # it may be off the list
            if running or clock.monotonic() >= deadline:
                break
            await asyncio.sleep(self._timing.look_seconds)
        fresh = [process for process in running if process.pid not in before]
        self._started.add(plan.seen.name, fresh)
        if fresh:
            return to_outcome(plan, f"{title} has {describe_action(plan)}.", fresh[0])
        if running:
            return to_outcome(plan, f"{title} was running already and has taken the request.", next(iter(running)))
        if plan.seen.launch_spec and plan.seen.launch_spec.hands_over:
            return to_outcome(plan, f"{title} was asked to start. Which process it is cannot be told.")
        return to_outcome(plan, f"{title} has run, and has ended already.")


async def require_start_allowed(plan: Plan) -> None:
    """Check again that a program may start, after the one it replaces had time to end."""
    try:
        await require_still_allowed()
    except DeskhandError as error:
        if plan.stops:
            error.detail += f" {plan.seen.title} had been ended already, and was not started again."
        raise


def inspect_apps(entries: Mapping[str, Entry], machine: Machine, ours: Mapping[str, Mapping[Process, str]]) -> list[AppState]:
    """Read the state of apps. `ours`: processes that Deskhand started, of which some may have ended. Blocks."""
    launch_specs = {name: resolve(entry, machine) for name, entry in entries.items()}
    running_processes = processes.find({name: launch_spec.pattern for name, launch_spec in launch_specs.items() if launch_spec})
    every = []
    for name, entry in entries.items():
        alive = {process: since for process, since in ours[name].items() if processes.is_running(process)}
        pids = {process.pid for process in alive}
        others = tuple(process for process in running_processes.get(name, []) if process.pid not in pids)
        every.append(AppState(name, entry, launch_specs[name], alive, others))
    return every


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[Launcher]:
    """Open the allow-list and yield the service."""
    places = default_paths(context.folders.config, context.folders.data, shipped("app_config.json"))
    launcher = Launcher(context, AllowList(places, context.clock.now), Machine(system_of(), clean_environment()))
    await launcher.open()
    yield launcher
    await launcher.close()
