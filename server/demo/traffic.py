"""Simulated traffic of the demo: a GPT and a script call the public address, so that the window shows activity."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from random import Random
from urllib.parse import urlsplit

from server.access.clients.presets import Preset, make_permissions
from server.access.clients.registry import Client, Policy
from server.core.errors import NotFound
from server.core.hosts import is_loopback_host
from server.demo.chatgpt import ChatGPT, NotOffered
from server.http.addresses import Address
from server.runtime.state import State
from server.sdk.demo import DemoScript, Persona, Step, Task

log = logging.getLogger(__name__)

CALL_SECONDS = 45.0  # ChatGPT's own limit
CLEANUP_SECONDS = 3.0  # while the program stops


@dataclass(frozen=True)
class TrafficSchedule:
    """Intervals between calls, the same again with the same `seed`.

    The first calls come `opening_seconds` apart; then one every `shortest` to `longest` seconds. `rounds`: number of passes
    through the usual scenarios; None: until the program stops.
    """

    opening_seconds: float = 2.0
    shortest: float = 20.0
    longest: float = 60.0
    rounds: int | None = None
    seed: int = 1


@dataclass(frozen=True)
class SimulatedClient:
    """Client of the demo. `scopes`: within which its preset applies; None: all."""

    name: str
    preset: Preset
    scopes: frozenset[str] | None = None
    allowed: tuple[str, ...] = ()


def list_clients(scripts: Sequence[DemoScript]) -> tuple[SimulatedClient, ...]:
    """List the simulated clients: a script that only reads, and a GPT that asks before changes."""
    script_scopes = frozenset(scope for script in scripts for scope in script.script_scopes)
    return (
        SimulatedClient(Persona.script, Preset.read_only, script_scopes),
        SimulatedClient(Persona.gpt, Preset.ask, allowed=tuple(name for script in scripts for name in script.allowed)),
    )


def interleave(parts: Sequence[tuple[Task, ...]]) -> list[Task]:
    """Merge the integrations' tasks so that each integration's are spread evenly and in their order."""
    placed = [((index + 1) / len(tasks), task) for tasks in reversed(parts) for index, task in enumerate(tasks)]
    return [task for _, task in sorted(placed, key=lambda place: place[0])]


@asynccontextmanager
async def simulated_traffic(state: State, schedule: TrafficSchedule | None) -> AsyncIterator[None]:
    """Simulate traffic while the block runs, in demo mode and with a schedule only."""
    if schedule is None or not state.context.demo:
        yield
        return
    task = asyncio.create_task(Simulation(state, schedule).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Simulation:
    """Runs scenarios; a failure of one does not affect the next."""

    def __init__(self, state: State, schedule: TrafficSchedule) -> None:
        self._state = state
        self._schedule = schedule
        self._random = Random(schedule.seed)  # noqa: S311, it shuffles pauses
        self._clients: dict[str, ChatGPT] = {}
        self._undos: list[Step] = []
        self._scripts = [part.demo for member in state.runtime.members if (part := member.parts) and part.demo]

    async def run(self) -> None:
        """Run all scenarios."""
        import httpx2

        async with httpx2.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as http:
            try:
                for client in list_clients(self._scripts):
                    made, key = await prepare_client(self._state, client)
                    conversation = f"{client.name}-{self._schedule.seed}"
                    self._clients[client.name] = ChatGPT(client.name, key, http, conversation, made.document_id, waits=False)
            except Exception:
                log.exception("The demo's clients could not be created.")
                return
            try:
                for task, pause in self._plan():
                    await self._run_task(task, pause)
            finally:
                await self._clean_up()

    def _plan(self) -> Iterator[tuple[Task, Callable[[], float]]]:
        schedule = self._schedule
        usual = interleave([script.usual for script in self._scripts])
        rounds = cycle([usual]) if schedule.rounds is None else repeat(usual, schedule.rounds)
        for task in interleave([script.opening for script in self._scripts]):
            yield task, lambda: schedule.opening_seconds
        for task in chain.from_iterable(rounds):
            yield task, lambda: self._random.uniform(schedule.shortest, schedule.longest)

    async def _run_task(self, task: Task, pause: Callable[[], float]) -> None:
        try:
            await self._call(self._clients[task.client], task, pause)
        except NotOffered as error:
            log.info("The demo's %s is not offered %s.", task.client, error)
        except Exception as error:  # noqa: BLE001, the demo continues after any failure
            log.info("The demo's %s could not call: %s", task.client, error)

    async def _call(self, client: ChatGPT, task: Task, pause: Callable[[], float]) -> None:
        scenario = task.begin()
        step = next(scenario)
        with suppress(StopIteration):
            while True:
                await asyncio.sleep(pause())
                base = choose_base(self._state.address)
                if client.server != base:  # at first use and after a change of the address
                    await client.import_schema(base)
                if step.undo and step.undo not in self._undos:
                    self._undos.append(step.undo)
                answer = await client.call(step.operation, step.arguments)
                if step in self._undos and answer.succeeded:
                    self._undos.remove(step)
                step = scenario.send(answer)

    async def _clean_up(self) -> None:
        if not self._undos:
            return
        with suppress(Exception):  # the program stops anyway
            async with asyncio.timeout(CLEANUP_SECONDS):
                for step in self._undos:
                    await self._clients[Persona.gpt].call(step.operation, step.arguments)


async def prepare_client(state: State, client: SimulatedClient) -> tuple[Client, str]:
    """Create the client, or renew the key of an earlier start, since keys are not stored. Return it with the key."""
    try:
        made, key = await state.clients.renew_key(client.name)
    except NotFound:
        permissions = make_permissions(client.preset, state.runtime.operations().values(), client.scopes)
        policies = {**permissions.policies, **dict.fromkeys(client.allowed, Policy.allow)}
        made, key = await state.clients.create(client.name, permissions.scopes, policies)
    state.context.events.publish("clients")
    return made, key


def choose_base(address: Address) -> str:
    """Return the public address if it is on this computer, as the demo's tunnel is; else the address of the public port."""
    if is_loopback_host(urlsplit(address.public).netloc):
        return address.public
    return Address(address.public_port, host=address.host).public
