"""Demo mode's company: a GPT and a script call the public address now and then, so that the window is alive while one looks."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from random import Random
from urllib.parse import urlsplit

from server.access.clients.registry import Policy
from server.core.errors import NotFound
from server.demo.chatgpt import ChatGPT, NotOffered
from server.http.addresses import Address
from server.http.middleware import is_loopback_host
from server.runtime.state import State
from server.sdk.demo import DemoScript, Persona, Step, Task

log = logging.getLogger(__name__)

CALL_SECONDS = 45.0  # ChatGPT waits no longer
LEAVE_SECONDS = 3.0  # for what is put back in order while the program stops


@dataclass(frozen=True)
class Pace:
    """How often the company calls. All of it is the same again with the same `seed`.

    The first few calls come `opening_seconds` apart, so that there is something to see; then one every `shortest` to `longest`
    seconds. `rounds`: how often it goes through its usual errands; None: until the program stops.
    """

    opening_seconds: float = 2.0
    shortest: float = 20.0
    longest: float = 60.0
    rounds: int | None = None
    seed: int = 1


@dataclass(frozen=True)
class Guest:
    """A client of the demo. `scopes` None: all that there are."""

    name: str
    scopes: frozenset[str] | None
    allowed: tuple[str, ...] = ()


def list_guests(scripts: Sequence[DemoScript]) -> tuple[Guest, ...]:
    """List the simulated clients: a script that only reads, and a GPT with every scope."""
    script_scopes = frozenset(scope for script in scripts for scope in script.script_scopes)
    return (
        Guest(Persona.script, script_scopes),
        Guest(Persona.gpt, None, tuple(name for script in scripts for name in script.allowed)),
    )


def interleave(parts: Sequence[tuple[Task, ...]]) -> list[Task]:
    """Merge the integrations' tasks so that each integration's are spread evenly and in their order."""
    placed = [((index + 1) / len(tasks), task) for tasks in reversed(parts) for index, task in enumerate(tasks)]
    return [task for _, task in sorted(placed, key=lambda place: place[0])]


@asynccontextmanager
async def visiting(state: State, pace: Pace | None) -> AsyncIterator[None]:
    """Have company in demo mode while the block runs; with no pace, and outside demo mode, nobody comes."""
    if pace is None or not state.context.demo:
        yield
        return
    visit = asyncio.create_task(Visitor(state, pace).stay())
    try:
        yield
    finally:
        visit.cancel()
        with suppress(asyncio.CancelledError):
            await visit


class Visitor:
    """Carries out errands. Nothing that goes wrong with one keeps it from the next."""

    def __init__(self, state: State, pace: Pace) -> None:
        self._state = state
        self._pace = pace
        self._random = Random(pace.seed)  # noqa: S311, it shuffles pauses
        self._guests: dict[str, ChatGPT] = {}
        self._undos: list[Step] = []
        self._scripts = state.runtime.demo_scripts()

    async def stay(self) -> None:
        """Come, and stay until everything is done."""
        import httpx2

        async with httpx2.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as http:
            try:
                for guest in list_guests(self._scripts):
                    key = await admit(self._state, guest)
                    self._guests[guest.name] = ChatGPT(guest.name, key, http, f"{guest.name}-{self._pace.seed}", patient=False)
            except Exception:
                log.exception("The demo's company could not come.")
                return
            try:
                for task, pause in self._plan():
                    await self._carry_out(task, pause)
            finally:
                await self._leave()

    def _plan(self) -> Iterator[tuple[Task, Callable[[], float]]]:
        pace = self._pace
        usual = interleave([script.usual for script in self._scripts])
        rounds = cycle([usual]) if pace.rounds is None else repeat(usual, pace.rounds)
        for task in interleave([script.opening for script in self._scripts]):
            yield task, lambda: pace.opening_seconds
        for task in chain.from_iterable(rounds):
            yield task, lambda: self._random.uniform(pace.shortest, pace.longest)

    async def _carry_out(self, task: Task, pause: Callable[[], float]) -> None:
        try:
            await self._run(self._guests[task.client], task, pause)
        except NotOffered as error:
            log.info("The demo's %s is not offered %s.", task.client, error)
        except Exception as error:  # noqa: BLE001, the demo goes on whatever became of a call
            log.info("The demo's %s could not call: %s", task.client, error)

    async def _run(self, guest: ChatGPT, task: Task, pause: Callable[[], float]) -> None:
        errand = task.begin()
        step = next(errand)
        with suppress(StopIteration):
            while True:
                await asyncio.sleep(pause())
                await meet(guest, choose_base(self._state.address))
                if step.undo and step.undo not in self._undos:
                    self._undos.append(step.undo)
                answer = await guest.call(step.operation, step.arguments)
                if step in self._undos and answer.well:
                    self._undos.remove(step)
                step = errand.send(answer)

    async def _leave(self) -> None:
        if not self._undos:
            return
        with suppress(Exception):  # the program stops anyway
            async with asyncio.timeout(LEAVE_SECONDS):
                for step in self._undos:
                    await self._guests[Persona.gpt].call(step.operation, step.arguments)


async def meet(guest: ChatGPT, base: str) -> None:
    """Have a guest know what it may do: it looks once, and again where the address has become another."""
    if guest.server != base:
        await guest.import_schema(base)


async def admit(state: State, guest: Guest) -> str:
    """Make a guest's client, or give the one of an earlier start a new key, for keys are remembered nowhere."""
    try:
        _, key = await state.clients.renew_key(guest.name)
    except NotFound:
        scopes = frozenset(state.runtime.scopes()) if guest.scopes is None else guest.scopes
        _, key = await state.clients.create(guest.name, scopes, dict.fromkeys(guest.allowed, Policy.allow))
    state.context.events.publish("clients")
    return key


def choose_base(address: Address) -> str:
    """The public address, where it is on this computer, as the demo's tunnel is; else the public port itself."""
    if is_loopback_host(urlsplit(address.public).netloc):
        return address.public
    return Address(address.public_port, host=address.host).public
