"""What the guard costs: the same operation through Deskhand and as a bare FastAPI route, in turn, in one run.

    python -m benchmarks.calls --rounds 5 --seconds 2

Prints the median calls per second of each and the ratio of each pair of rounds. Only the ratio means something elsewhere.
Every call through Deskhand is authenticated, limited, decided on and stored durably before it is answered.
"""

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from fastapi import APIRouter
from starlette.types import ASGIApp

from server.http.addresses import Address
from server.http.application import new_application
from server.http.server import Listener, bind, run
from server.runtime.state import open_state
from server.sdk.operation import Effect, Operations
from server.storage.data_dir import open_home

CALLERS = 16


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on a socket of its own."""
    bound = bind()
    listener = Listener(app, bound)
    task = asyncio.create_task(listener.run_until_stopped())
    await listener.ready.wait()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    listener.stop()
    await task


async def read_thing(number: int = 1) -> dict[str, int]:
    """Read a thing."""
    return {"number": number}


async def change_thing(number: int = 1) -> dict[str, int]:
    """Change a thing."""
    return {"number": number}


async def preview(number: int = 1) -> Effect:
    return Effect(f"change thing {number}")


def bare() -> ASGIApp:
    """The two functions as plain routes."""
    app, routes = new_application("Bare"), APIRouter(prefix="/things")
    routes.add_api_route("", read_thing, methods=["GET"])
    routes.add_api_route("", change_thing, methods=["POST"])
    app.include_router(routes)
    return app


async def measure(url: str, method: str, headers: dict[str, str], seconds: float) -> float:
    """Calls per second of some callers at once."""
    count, until = 0, time.perf_counter() + seconds

    async def call(http: httpx2.AsyncClient) -> None:
        nonlocal count
        while time.perf_counter() < until:
            answer = await http.request(method, url, headers=headers)
            assert answer.status_code == 200, answer.text
            count += 1

    async with httpx2.AsyncClient(trust_env=False, limits=httpx2.Limits(max_connections=CALLERS)) as http:
        await asyncio.gather(*(call(http) for _ in range(CALLERS)))
    return count / seconds


async def compare(folder: Path, rounds: int, seconds: float) -> None:
    """Measure both, in turn."""
    things = Operations(prefix="/things", title="Things")
    things.operation("GET", "", scope="read:things")(read_thing)
    things.operation("POST", "", scope="write:things", preview=preview)(change_thing)
    with open_home(folder, demo=False) as home:
        async with open_state(home, Address()) as state:
            app = new_application("Guarded")
            app.state.guard = state.guard
            app.include_router(things)
            from server.access.clients.registry import Policy

            scopes = frozenset({"read:things", "write:things"})
            _, key = await state.clients.create("bench", scopes, {"change_thing": Policy.allow}, rate="none")
            headers = {"Authorization": f"Bearer {key}"}
            async with served(app) as guarded, served(bare()) as plain:
                for method in ("GET", "POST"):
                    pairs = [
                        (
                            await measure(f"{guarded}/things", method, headers, seconds),
                            await measure(f"{plain}/things", method, headers, seconds),
                        )
                        for _ in range(rounds)
                    ]
                    ratios = [ours / theirs for ours, theirs in pairs]
                    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
                    told = f"guarded {ours:7.0f}/s   bare {theirs:7.0f}/s   ratio {statistics.median(ratios):.2f}"
                    print(f"{method:<5} {told} (from {min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description="What the guard costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        run(lambda: compare(Path(folder), arguments.rounds, arguments.seconds))


if __name__ == "__main__":
    main()
