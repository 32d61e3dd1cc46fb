"""Reaches the local surface: over HTTP where a server runs, else in this process with the store opened under its lock."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.core.errors import DeskhandError, Unavailable
from server.lifecycle import runtime_file
from server.sdk.cli import LocalApi
from server.storage.data_dir import find_home, open_home

if TYPE_CHECKING:
    import httpx2  # `serve` needs none

NOTHING_RUNS = "Deskhand is not running. Start it with `deskhand serve`, or from its icon."
SECONDS = 60.0


def find_running(data_dir: Path | None) -> runtime_file.Running | None:
    """Find a running server: the one with this data; without a folder, the person's own, else demo mode's."""
    running = runtime_file.read(find_home(data_dir, demo=False).folders.data)
    if running or data_dir:
        return running
    playing = runtime_file.read(find_home(None, demo=True).folders.data)
    if playing:
        click.echo("(This is the demo; Deskhand itself is not running.)", err=True)
    return playing


@contextmanager
def connect(data_dir: Path | None, *, running_only: bool = False) -> Iterator[LocalApi]:
    """Connect to the local API. With `running_only`, raises Unavailable if no server runs."""
    running = find_running(data_dir)
    if running:
        import httpx2

        headers = {"Authorization": f"Bearer {running.key}"}
        asked: dict[str, Any] = {"timeout": SECONDS, "trust_env": False, "verify": False}  # it is HTTP; certificates load slowly
        with httpx2.Client(base_url=running.local, headers=headers, **asked) as http:
            yield OverHttp(http)
    elif running_only:
        raise Unavailable(NOTHING_RUNS)
    else:
        with asyncio.Runner() as runner:
            stack = AsyncExitStack()
            client = runner.run(open_here(stack, data_dir))
            try:
                yield InProcess(client, runner)
            finally:
                runner.run(stack.aclose())


async def open_here(stack: AsyncExitStack, data_dir: Path | None) -> "httpx2.AsyncClient":
    """Open the store in this process and put the local surface over it. The integrations are known but not started."""
    import httpx2

    from server.http.addresses import Address  # a command that finds a server running does without the whole of it
    from server.integrations import discover
    from server.local.app import create_local_application
    from server.runtime.state import open_state

    home = stack.enter_context(open_home(data_dir, demo=None))
    state = await stack.enter_async_context(open_state(home, Address()))
    state.runtime.describe(discover)
    transport = httpx2.ASGITransport(create_local_application(state))
    headers = {"Authorization": f"Bearer {state.key}"}
    return await stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers))


class OverHttp:
    """A running server."""

    def __init__(self, client: "httpx2.Client") -> None:
        self._client = client

    def call(self, method: str, path: str, body: Any = None) -> Any:
        import httpx2

        try:
            return read_answer(self._client.request(method, path, json=body))
        except httpx2.TimeoutException:
            raise Unavailable("Deskhand does not answer. Look at its log, or start it again.") from None
        except (httpx2.TransportError, ValueError):  # nobody answers, or somebody who is not Deskhand
            raise Unavailable(NOTHING_RUNS) from None


class InProcess:
    """The store, opened here."""

    def __init__(self, client: "httpx2.AsyncClient", runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return read_answer(self._runner.run(self._client.request(method, path, json=body)))


def read_answer(response: "httpx2.Response") -> Any:
    """The JSON of an answer. Raises DeskhandError with the sentence of a refusal; ValueError: it is not ours."""
    said = response.json() if response.content else None
    if response.status_code < 400:
        return said
    if not isinstance(said, dict) or "detail" not in said:
        raise ValueError("no sentence")
    raise DeskhandError(str(said["detail"]))
