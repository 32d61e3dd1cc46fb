"""Other queues for benchmarks.queue, each as durable as it can be: its answers and its states survive a power cut."""

import asyncio
import os
import pickle
import pwd
import shutil
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from benchmarks.queue import ANSWER, CALLERS, MESSAGE

POSTGRESQL = Path("/usr/lib/postgresql")
JOBS = """
CREATE TABLE job (id uuid PRIMARY KEY, number bigserial, state text NOT NULL, message text NOT NULL, worker text, answer text,
    queued_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz, completed_at timestamptz);
CREATE INDEX job_idle ON job (number) WHERE state = 'idle';
"""
ENQUEUE = "INSERT INTO job (id, state, message) VALUES (gen_random_uuid(), 'idle', $1)"
CLAIM = """
UPDATE job SET state = 'executing', worker = $1, started_at = now() WHERE id =
    (SELECT id FROM job WHERE state = 'idle' ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, message
"""
COMPLETE = "UPDATE job SET state = 'done', answer = $2, completed_at = now() WHERE id = $1 AND state = 'executing'"


class PostgreSQL:
    """Its own SKIP LOCKED, with a connection and prepared statements for each caller."""

    def __init__(self, server: int, statements: list[Any]) -> None:
        self.server, self._statements = server, statements

    async def job(self, caller: int) -> None:
        enqueue, claim, complete = self._statements[caller]
        await enqueue.fetch(MESSAGE)
        while (row := await claim.fetchrow(f"worker {caller}")) is None:
            pass  # another transaction had it, and it looked no further
        await complete.fetch(row["id"], ANSWER)


@asynccontextmanager
async def postgresql(folder: Path) -> AsyncIterator[PostgreSQL]:
    """Start a server with its usual settings, which flush the log before each answer."""
    asyncpg = import_module("asyncpg")

    with PostgreSQLServer(folder) as server:
        connections = [await asyncpg.connect(host=server.folder, user="postgres", database="postgres") for _ in range(CALLERS)]
        await connections[0].execute(JOBS)
        statements = [tuple([await one.prepare(text) for text in (ENQUEUE, CLAIM, COMPLETE)]) for one in connections]
        yield PostgreSQL(server.pid, statements)
        for connection in connections:
            await connection.close()


class PostgreSQLServer:
    """A cluster in a folder of its own, on the disk that is measured. It refuses to run as root, so another user does then."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __enter__(self) -> Self:
        versions = sorted(POSTGRESQL.glob("*/bin/initdb"))
        if not versions:
            raise FileNotFoundError("PostgreSQL (apt-get install postgresql)")
        self._programs = versions[-1].parent
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            Path(self.folder).parent.chmod(0o711)  # it was made for us alone
        self._run("initdb", "--auth=trust", "--username=postgres", f"{self.folder}/data")
        options = f"-c listen_addresses='' -k {self.folder} -c max_connections={CALLERS * 4}"
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o", options, "start")
        self.pid = int((Path(self.folder) / "data" / "postmaster.pid").read_text().split()[0])
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        user = "postgres" if os.getuid() == 0 else None
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=self.folder)


class Redis:
    """Streams: XADD, XREADGROUP, and XACK with the answer in one transaction."""

    def __init__(self, server: int, client: Any) -> None:
        self.server, self._client = server, client

    async def job(self, caller: int) -> None:
        await self._client.xadd("jobs", {"message": MESSAGE})
        [(_, [(number, _)])] = await self._client.xreadgroup("workers", f"worker {caller}", {"jobs": ">"}, count=1)
        async with self._client.pipeline(transaction=True) as pipeline:
            pipeline.xack("jobs", "workers", number)
            pipeline.hset(f"answer:{number}", mapping={"state": "done", "answer": ANSWER})
            await pipeline.execute()


@asynccontextmanager
async def redis(folder: Path) -> AsyncIterator[Redis]:
    """Start a server that flushes its log before each answer."""
    client_class = import_module("redis.asyncio").Redis

    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("Redis (apt-get install redis-server)")
    socket = folder / "redis.sock"
    options = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--port", "0", "--unixsocket", str(socket)]
    server = await asyncio.create_subprocess_exec(program, *options, "--dir", str(folder), stdout=subprocess.DEVNULL)
    await asyncio.to_thread(wait_for, socket)
    client = client_class(unix_socket_path=str(socket), max_connections=CALLERS * 2, decode_responses=True)
    try:
        await client.xgroup_create("jobs", "workers", id="0", mkstream=True)
        yield Redis(server.pid, client)
        await client.aclose()
    finally:
        server.terminate()
        await server.wait()


def wait_for(socket: Path) -> None:
    """Wait until a server listens."""
    while not socket.exists():
        time.sleep(0.05)


class Threads:
    """A queue whose calls block: each caller has a thread."""

    server: int | None = None

    def __init__(self, call: Callable[[int], None]) -> None:
        self._call, self._threads = call, [ThreadPoolExecutor(1) for _ in range(CALLERS)]

    async def job(self, caller: int) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads[caller], self._call, caller)


@asynccontextmanager
async def huey(folder: Path) -> AsyncIterator[Threads]:
    """Open its SQLite storage with fsync."""
    storage = import_module("huey.storage").SqliteStorage(filename=str(folder / "huey.db"), fsync=True, timeout=60)
    names = threading.local()

    def call(caller: int) -> None:
        names.count = getattr(names, "count", 0) + 1
        storage.enqueue(pickle.dumps(("prompt", MESSAGE)))
        data = storage.dequeue()
        assert data is not None
        storage.put_data(f"{caller}-{names.count}", pickle.dumps((data[:40], ANSWER)), is_result=True)

    yield Threads(call)


class Procrastinate:
    """Its jobs, as its own worker fetches and finishes them, and the answer in a table beside it."""

    def __init__(self, server: int, app: Any, task: Any, workers: list[int]) -> None:
        self.server, self._app, self._task, self._workers = server, app, task, workers

    async def job(self, caller: int) -> None:
        succeeded = import_module("procrastinate.jobs").Status.SUCCEEDED
        await self._task.defer_async(message=MESSAGE)
        while (job := await self._app.job_manager.fetch_job(None, self._workers[caller])) is None:
            pass
        await self._app.job_manager.finish_job(job, succeeded, delete_job=False)


@asynccontextmanager
async def procrastinate(folder: Path) -> AsyncIterator[Procrastinate]:
    """Start a PostgreSQL for it alone."""
    package = import_module("procrastinate")

    with PostgreSQLServer(folder) as server:
        connector = package.PsycopgConnector(
            conninfo=f"host={server.folder} user=postgres dbname=postgres", min_size=CALLERS, max_size=CALLERS
        )
        app = package.App(connector=connector)
        task = app.task(name="prompt", pass_context=False)(lambda message: message)
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            workers = [await app.job_manager.register_worker() for _ in range(CALLERS)]
            yield Procrastinate(server.pid, app, task, workers)


PEERS: dict[str, Callable[[Path], AbstractAsyncContextManager[Any]]] = {
    "postgresql": postgresql,
    "redis": redis,
    "huey": huey,
    "procrastinate": procrastinate,
}
