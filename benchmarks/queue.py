"""The browser queue beside other queues, in turn, in one run: enqueue, claim and complete, all durable, 16 callers at once.

    python -m benchmarks.queue --rounds 5 --seconds 4 --rows 1000000

Prints the median jobs a second of each and the median of its ratios to Deskhand, round by round; only the ratios mean something
elsewhere; the processor's time of each job is that of all processes, and other load on the computer changes it less. "deskhand"
begins empty, and "deskhand, N rows" with so many ended prompts. PostgreSQL, Redis, huey and procrastinate
are measured if they are installed (Debian: postgresql, redis-server; Python: asyncpg, redis, huey, procrastinate, in a folder
given by --peers), and named if not. Exit code 1: a goal is not met.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil
from sqlalchemy import insert

from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations import queue as package
from server.integrations.queue.models import ClientRef, PromptOrder, PromptResult, QueueSettings
from server.integrations.queue.queue import SECTION, Queue
from server.integrations.queue.store.submissions import make_id
from server.integrations.queue.store.tables import answer, chat, control, prompt
from server.outbound.fetch import Fetch
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.migrations import migrate
from server.storage.secrets import Secrets
from server.storage.settings import Settings

CALLERS = 16
MESSAGE, ANSWER = "Explain quantum computing. " * 8, "Quantum computers use qubits. " * 30
GOALS = {"postgresql": 2.0, "redis": 2.0, "huey": 6.0, "procrastinate": 6.0}
FLAT = 0.8  # of the rate of an empty queue, with a million rows
CLIENT = ClientRef("client", "A program")
AT_ONCE = 10_000  # rows


class Contender(Protocol):
    """A queue, with or without a server."""

    @property
    def server(self) -> int | None:
        """The process id of its server."""

    async def job(self, caller: int) -> None:
        """Enqueue a job, claim one, and complete that."""


class Deskhand:
    """The browser queue in this process, without its pause and its cap."""

    server: int | None = None

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def job(self, caller: int) -> None:
        await self._queue.submit(CLIENT, PromptOrder(message=MESSAGE))
        lease = await self._queue.claim(f"worker {caller}")
        assert lease is not None
        await self._queue.complete(lease.prompt.id, lease.token, PromptResult(ANSWER))


@asynccontextmanager
async def deskhand(folder: Path, rows: int = 0) -> AsyncIterator[Deskhand]:
    """Open a queue with so many prompts that have ended."""
    files = folder / "files"
    files.mkdir(parents=True)
    migrate(folder / "deskhand.db", [Path(package.__file__).parent / "migrations"])
    events, tasks = Events(), Tasks()
    context = Context(
        folders=Folders(folder, folder, files, folder / "logs"),
        settings=Settings(folder),
        secrets=Secrets(folder, folder_only=True),
        database=Database(folder / "deskhand.db"),
        events=events,
        fetch=Fetch(only_allowed=True),
        screen=NoScreen(),
        approval_requests=ApprovalRequests(events, NoScreen(), tasks),
        tasks=tasks,
    )
    try:
        await context.settings.write(SECTION, QueueSettings(pause_seconds=0, daily_cap=None))
        queue = Queue(context)
        await queue.set_webhook(CLIENT, "")
        await queue.set_approval(CLIENT.id, approved=True)
        for start in range(1, rows + 1, AT_ONCE):
            await context.database.write(fill, start, min(start + AT_ONCE, rows + 1))
        yield Deskhand(queue)
    finally:
        await context.http.close()
        await context.database.close()


def fill(connection: Any, start: int, end: int) -> None:
    """Store prompts that have ended, each in a chat of its own."""
    now = time.time()
    names = [column for column in prompt.c if not column.nullable]
    usual: dict[str, object] = {column.name: 0 if column.type.python_type is not str else "[]" for column in names}
    usual |= {"client": CLIENT.id, "state": "done", "is_open": False, "lane": "browser", "ends": 1, "response_type": "auto"}
    usual |= {"thinking_time": "standard", "queued_at": now, "started_at": now, "completed_at": now, "message": MESSAGE}
    usual |= {"history": '[1795000000.0, "idle", ""]\n' * 4, "token": 1, "attempts": 0}
    numbers = range(start, end)
    times = {"created_at": now, "updated_at": now}
    connection.execute(
        insert(chat), [{"id": number, "client": CLIENT.id, "chat_id": f"c{number}", **times} for number in numbers]
    )
    rows = [usual | {"number": n, "id": make_id(now), "chat": n, "chat_key": f"c{n}", "position": float(n)} for n in numbers]
    connection.execute(insert(prompt), rows)
    of_answers = {"lane": "browser", "notes": "[]", "citations": "[]", "created_at": now, "seconds": 1.0, "text": ANSWER}
    connection.execute(insert(answer), [{"prompt": number, **of_answers} for number in numbers])
    connection.execute(control.update().values(last_prompt=end - 1, last_chat=end - 1))


@dataclass(frozen=True)
class Rate:
    """Jobs a second, and microseconds of the processor for each, which other load on the computer changes less."""

    jobs: float
    processor: float


def read_processor(server: int | None) -> float:
    """Read the seconds of the processor that this process and a server have used."""
    own = psutil.Process()
    processes = [own] if server is None else [own, psutil.Process(server), *psutil.Process(server).children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def measure(contender: Contender, seconds: float) -> Rate:
    """Measure for so many seconds."""
    done, used = 0, read_processor(contender.server)
    begin = time.perf_counter()

    async def call(caller: int) -> None:
        nonlocal done
        while time.perf_counter() - begin < seconds:
            await contender.job(caller)
            done += 1

    async with asyncio.TaskGroup() as group:
        for caller in range(CALLERS):
            group.create_task(call(caller))
    taken = time.perf_counter() - begin
    return Rate(done / taken, (read_processor(contender.server) - used) / done * 1e6)


async def compare(arguments: argparse.Namespace, folder: Path) -> dict[str, list[Rate]]:
    """Measure all queues, round by round."""
    from benchmarks.queue_peers import PEERS

    rates: dict[str, list[Rate]] = {}
    folders = {name: make_folder(folder / name) for name in PEERS}
    async with AsyncExitStack() as stack:
        running: dict[str, Contender] = {"deskhand": await stack.enter_async_context(deskhand(folder / "empty"))}
        if arguments.rows:
            name = f"deskhand, {arguments.rows:,} rows"
            running[name] = await stack.enter_async_context(deskhand(folder / "full", arguments.rows))
        for name, start in PEERS.items():
            await add(stack, running, name, start, folders[name])
        for name, contender in running.items():
            await measure(contender, min(arguments.seconds, 1.0))  # connections, caches and prepared statements
            rates[name] = []
        for number in range(arguments.rounds):
            order = list(running) if number % 2 else list(running)[::-1]
            for name in order:
                rates[name].append(await measure(running[name], arguments.seconds))
    return rates


def make_folder(folder: Path) -> Path:
    """Make a folder."""
    folder.mkdir()
    return folder


async def add(
    stack: AsyncExitStack,
    running: dict[str, Contender],
    name: str,
    start: Callable[[Path], AbstractAsyncContextManager[Contender]],
    folder: Path,
) -> None:
    """Start another queue, or say why it is not measured."""
    try:
        running[name] = await stack.enter_async_context(start(folder))
    except (ImportError, FileNotFoundError) as error:
        print(f"{name} is absent: {error}")


def report(rates: dict[str, list[Rate]]) -> bool:
    """Print the figures; return whether all goals are met."""
    met = "postgresql" in rates
    for name, measured in rates.items():
        processor = statistics.median(rate.processor for rate in measured)
        line = f"{name:26} {statistics.median(rate.jobs for rate in measured):7,.0f} jobs a second, {processor:6,.0f} µs each"
        if name != "deskhand":
            pairs = list(zip(rates["deskhand"], measured, strict=True))
            ratio = statistics.median(ours.jobs / theirs.jobs for ours, theirs in pairs)
            goal = GOALS.get(name)
            good = ratio >= goal if goal else 1 / ratio >= FLAT
            less = statistics.median(theirs.processor / ours.processor for ours, theirs in pairs)
            line += (
                f"   deskhand / it: {ratio:5.2f}, of the processor {less:5.2f}"
                + (f" (goal {goal})" if goal else "")
                + ("" if good else "  MISSED")
            )
            met = met and good
        print(line)
    return met


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the databases are; of the disk that is measured")
    parser.add_argument("--peers", type=Path, help="a folder with Python packages of the others")
    arguments = parser.parse_args()
    if arguments.peers:
        sys.path.append(str(arguments.peers))
    with tempfile.TemporaryDirectory(dir=arguments.folder and arguments.folder.resolve()) as folder:
        met = report(asyncio.run(compare(arguments, Path(folder))))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
