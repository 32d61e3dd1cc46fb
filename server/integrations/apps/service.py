"""Starts, stops and watches the programs on the person's list."""

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from server.core.errors import DeskhandError
from server.core.resources import shipped
from server.integrations.apps import adapter
from server.integrations.apps.allow_list.entries import AppsFile, Entry
from server.integrations.apps.allow_list.file import Catalogue, default_places, find_entry
from server.integrations.apps.discovery.add_app import NewApp, make_entry
from server.integrations.apps.discovery.suggestions import Programs
from server.integrations.apps.models import AppList, AppStatus, Order, Outcome
from server.integrations.apps.plan import Plan, Seen, make_plan
from server.integrations.apps.report import answer_to, list_them, report_stop, show_status, tell_done, tell_end
from server.integrations.apps.resolve.environment import clean, system_of
from server.integrations.apps.resolve.launch_spec import Machine, resolve
from server.integrations.apps.started import Started
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.operation import Effect, require_still_allowed
from server.system import processes
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

    def __init__(self, context: Context, catalogue: Catalogue, machine: Machine, timing: Timing = USUAL) -> None:
        self.catalogue = catalogue
        self.machine = machine
        self.programs = Programs(machine, context.clock.monotonic)
        self._context = context
        self._timing = timing
        self._started = Started(context)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._watched: dict[Process, asyncio.Future[adapter.End]] = {}

    @property
    def summary(self) -> str:
        """How many programs there are for clients, in a few words."""
        count = len([entry for entry in self.catalogue.latest.apps.values() if entry.enabled])
        return f"{count} {'program' if count == 1 else 'programs'} on the list"

    async def refresh(self) -> None:
        """Read the list again where it has changed, for it may have been mended."""
        await asyncio.to_thread(self.catalogue.current)

    @property
    def problem(self) -> str | None:
        """What is wrong with the list."""
        return self.catalogue.problem

    async def open(self) -> None:
        """Read the list, and recall what was started before."""
        await asyncio.to_thread(self.catalogue.open)
        await self._started.load()

    async def close(self) -> None:
        """Finish what was begun. The programs run on."""
        await self._context.tasks.wait(CONTROL, self._timing.close_seconds)
        await self._started.flush()

    async def list_all(self) -> AppList:
        """All apps that clients may see."""
        return list_them([seen for seen in await self.look((await self.apps()).apps) if seen.entry.enabled])

    async def read(self, app_name: str) -> AppStatus:
        """One app in full. NotFound: it is not on the list."""
        seen = await self._look_at(app_name)
        return show_status(seen, self._started.ends.get(seen.name), self._context.clock.now())

    async def preview(self, order: Order) -> Effect:
        """Say what an order would do."""
        return (await self._plan(order)).effect

    async def control(self, order: Order) -> Outcome:
        """Carry out an order, to its end even when the caller goes away: what was started must be known."""
        return await self._context.tasks.complete(self._control(order), name=CONTROL)

    async def save(self, apps: AppsFile) -> None:
        """Put another list in the place of this one."""
        await asyncio.to_thread(self.catalogue.save, apps)
        self._context.events.publish("apps")

    async def put(self, name: str, entry: Entry, mark: str | None = None) -> None:
        """Add an app to the list, or change it. InvalidInput: it does not fit. Conflict: it is not as it was with this mark."""
        await asyncio.to_thread(self.catalogue.put, name, entry, mark)
        self._context.events.publish("apps")

    async def add(self, asked: NewApp) -> str:
        """Add a program to the list; answer its name there. InvalidInput: there is no such program."""

        def add() -> str:
            return self.catalogue.add(*make_entry(asked, self.machine))

        name = await asyncio.to_thread(add)
        self._context.events.publish("apps")
        return name

    async def remove(self, name: str, mark: str | None = None) -> None:
        """Take an app off the list. NotFound: it is not on it. Conflict: it is not as it was with this mark."""
        await asyncio.to_thread(self.catalogue.remove, name, mark)
        self._context.events.publish("apps")

    async def restore(self) -> None:
        """Put the last list that made sense in the place of a broken one."""
        await asyncio.to_thread(self.catalogue.restore)
        self._context.events.publish("apps")

    async def apps(self) -> AppsFile:
        """The list in force."""
        return await asyncio.to_thread(self.catalogue.current)

    async def look(self, entries: Mapping[str, Entry]) -> list[Seen]:
        """See how apps are, in one walk through the processes."""
        ours = {name: self._started.of(name) for name in entries}
        every = await asyncio.to_thread(look, entries, self.machine, ours)
        watched = self._watched.keys()  # of these somebody will tell how they ended
        self._started.note_gone({seen.name: ours[seen.name].keys() - seen.ours.keys() - watched for seen in every})
        return every

    async def _look_at(self, asked: str) -> Seen:
        name, entry = find_entry(await self.apps(), asked)
        return (await self.look({name: entry}))[0]

    async def _plan(self, order: Order) -> Plan:
        seen = await self._look_at(order.app_name)
        return await asyncio.to_thread(make_plan, order, seen, self.machine)

    async def _control(self, order: Order) -> Outcome:
        name, _ = find_entry(await self.apps(), order.app_name)
        async with self._locks[name]:
            outcome = await self._carry_out(await self._plan(order))
            await self._started.flush()
        self._context.events.publish("apps", {"name": name})
        return outcome

    async def _carry_out(self, plan: Plan) -> Outcome:
        running = plan.seen.running()
        if plan.nothing:
            return answer_to(plan, plan.nothing, next(iter(running), None))
        await require_still_allowed()  # others had their turn before
        ended = await self._stop(plan)
        if ended.left:
            sentence = f"{plan.seen.title} could not be ended. The person at this computer has to look."
            return answer_to(plan, sentence, ended.left[0], success=False)
        if plan.command:
            await require_start_allowed(plan)
            return await self._run(plan)
        others = running.keys() != set(plan.stops)
        return answer_to(plan, report_stop(plan.seen, ended.killed, others=others))

    async def _stop(self, plan: Plan) -> processes.Ended:
        entry, recipe = plan.seen.entry, plan.seen.recipe
        grace = entry.stop.timeout_s if entry.stop.method == "graceful" else 0
        self._started.begin_stop(plan.stops)
        ends = [asyncio.to_thread(adapter.end, process, recipe, self.machine, grace) for process in plan.stops]
        every = await asyncio.gather(*ends)
        if watched := [self._watched[process] for process in plan.stops if process in self._watched]:
            await asyncio.wait(watched, timeout=self._timing.settle_seconds)  # until they are reaped as well
        left = tuple(process for ended in every for process in ended.left)
        self._started.finish_stop(plan.seen.name, plan.stops, left)
        return processes.Ended(sum(ended.killed for ended in every), left)

    async def _run(self, plan: Plan) -> Outcome:
        """Start a program, and watch for a moment what becomes of it."""
        seen, recipe = plan.seen, plan.seen.recipe
        if recipe is None:  # pragma: no cover, a plan has a command only where there is a recipe
            raise ValueError(plan)
        ending: asyncio.Future[adapter.End] = asyncio.get_running_loop().create_future()
        on_end = self._listen(seen.name, ending)
        process = await asyncio.to_thread(adapter.launch, plan.command, recipe, self.machine.system, on_end)
        self._watched[process] = ending
        ending.add_done_callback(lambda _: self._watched.pop(process))
        if not recipe.hands_over:
            self._started.add(seen.name, [process])
            if ending.done():  # it was heard of before it was known
                self._started.note_end(seen.name, ending.result())
        await asyncio.wait([ending], timeout=self._timing.settle_seconds)
        if not ending.done() and not recipe.hands_over:
            return answer_to(plan, f"{seen.title} has {tell_done(plan)}.", process)
        if ending.done() and ending.result().code and recipe.kind not in {"uri", "store"}:
            return answer_to(plan, f"{seen.title} has ended at once. {tell_end(ending.result().code)}", success=False)
        match = seen.entry.match
        elsewhere = recipe.hands_over or match.exe or match.process_name
        return await self._follow(plan, self._timing.appear_seconds if elsewhere else 0)

    def _listen(self, name: str, ending: asyncio.Future[adapter.End]) -> adapter.OnEnd:
        """Make what a watching thread calls when a program has ended."""
        loop = asyncio.get_running_loop()

        def hear(end: adapter.End) -> None:
            self._started.note_end(name, end)
            if not ending.done():
                ending.set_result(end)

        def on_end(end: adapter.End) -> None:
            try:
                loop.call_soon_threadsafe(hear, end)
            except RuntimeError:
                log.debug("A program ended after Deskhand had stopped.")

        return on_end

    async def _follow(self, plan: Plan, seconds: float) -> Outcome:
        """Find what a program that handed over has left running, and count it as ours if it is new."""
        clock, title = self._context.clock, plan.seen.title
        before = {process.pid for process in plan.seen.running().keys() - set(plan.stops)}
        deadline = clock.monotonic() + seconds
        while True:
            running = (await self._look_at(plan.seen.name)).running()
            if running or clock.monotonic() >= deadline:
                break
            await asyncio.sleep(self._timing.look_seconds)
        fresh = [process for process in running if process.pid not in before]
        self._started.add(plan.seen.name, fresh)
        if fresh:
            return answer_to(plan, f"{title} has {tell_done(plan)}.", fresh[0])
        if running:
            return answer_to(plan, f"{title} was running already and has taken the request.", next(iter(running)))
        if plan.seen.recipe and plan.seen.recipe.hands_over:
            return answer_to(plan, f"{title} was asked to start. Which process it is cannot be told.")
        return answer_to(plan, f"{title} has run, and has ended already.")


async def require_start_allowed(plan: Plan) -> None:
    """Look once more whether a program may start, after another that it replaces was given its time to end."""
    try:
        await require_still_allowed()
    except DeskhandError as error:
        if plan.stops:
            error.detail += f" {plan.seen.title} had been ended already, and was not started again."
        raise


def look(entries: Mapping[str, Entry], machine: Machine, ours: Mapping[str, Mapping[Process, str]]) -> list[Seen]:
    """See how these apps are. `ours`: what Deskhand started, of which some may have ended. Blocks."""
    recipes = {name: resolve(entry, machine) for name, entry in entries.items()}
    found = processes.find({name: recipe.pattern for name, recipe in recipes.items() if recipe})
    every = []
    for name, entry in entries.items():
        alive = {process: since for process, since in ours[name].items() if processes.is_running(process)}
        pids = {process.pid for process in alive}
        others = tuple(process for process in found.get(name, []) if process.pid not in pids)
        every.append(Seen(name, entry, recipes[name], alive, others))
    return every


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[Launcher]:
    """Start watching over the apps."""
    system = system_of()
    places = default_places(context.folders.config, context.folders.data, shipped("app_config.json"))
    launcher = Launcher(context, Catalogue(places, context.clock.now), Machine(system, clean(os.environ, system)))
    await launcher.open()
    yield launcher
    await launcher.close()
