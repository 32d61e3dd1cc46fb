"""Reaches the local surface: over HTTP where a server runs, else in this process with the store opened under its lock."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.core.command import format_command
from server.core.errors import DeskhandError, Unavailable
from server.lifecycle import runtime_file
from server.sdk.cli import LocalApi
from server.storage.data_dir import find_home, open_home

if TYPE_CHECKING:
    import httpx2

NOTHING_RUNS = f"Deskhand is not running. Start it with `{format_command('serve')}`, or from its icon."
STOPPED = "Deskhand stopped before it answered."
UNKNOWN = f"{STOPPED} It is unknown whether this was done: start it again and check."
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
def connect(data_dir: Path | None, *, running_only: bool = False, service: str = "") -> Iterator[LocalApi]:
    """Connect to the local API. With `running_only`, raises Unavailable if no server runs.

    `service`: the integration that is started here if no server runs.
    """
    running = find_running(data_dir)
    if running:
        import httpx2

        headers = {"Authorization": f"Bearer {running.key}"}
        options: dict[str, Any] = {
            "timeout": SECONDS,
            "trust_env": False,
            "verify": False,
        }  # it is HTTP; certificates load slowly
        with httpx2.Client(base_url=running.local, headers=headers, **options) as http:
            yield OverHttp(http)
    elif running_only:
        raise Unavailable(NOTHING_RUNS)
    else:
        with asyncio.Runner() as runner:
            stack = AsyncExitStack()
            api = runner.run(open_here(stack, data_dir, runner, service))
            try:
                yield api
            finally:
                runner.run(stack.aclose())


def ask(data_dir: Path | None, method: str, path: str, body: Any = None, *, running_only: bool = False) -> Any:
    """Send one request to the local API and return the JSON of its response. Raises DeskhandError."""
    with connect(data_dir, running_only=running_only) as api:
        return api.call(method, path, body)


async def open_here(stack: AsyncExitStack, data_dir: Path | None, runner: asyncio.Runner, service: str = "") -> "InProcess":
    """Open the database in this process, with the local API over it. The integrations are loaded if it asks for them.

    `service`: the integration that is started; the others are not there then.
    """
    from server.http.addresses import Address  # a command that finds a server running does without the whole of it
    from server.integrations import discover
    from server.local.app import create_local_application
    from server.runtime.state import open_state

    home = stack.enter_context(open_home(data_dir, demo=None))
    state = await stack.enter_async_context(open_state(home, Address()))
    if service:
        stack.push_async_callback(state.runtime.stop)
        state.runtime.start(state.context, lambda: [each for each in discover() if each.name == service])
    else:
        state.runtime.describe(discover)
    return InProcess(create_local_application(state), state.key, runner)


def require_names(path: str) -> None:
    """Raises UsageError if a name in a path is empty, as that of a script's missing variable: it would be another path."""
    if {"", ".", ".."} & set(path.partition("?")[0].split("/")[1:]):
        raise click.UsageError("A name or an ID cannot be empty, “.” or “..”.")


class OverHttp:
    """A running server."""

    def __init__(self, client: "httpx2.Client") -> None:
        self._client = client

    def call(self, method: str, path: str, body: Any = None, *, seconds: float | None = None) -> Any:
        import httpx2

        require_names(path)
        try:
            response = self._client.request(method, path, json=body, timeout=seconds or SECONDS)
            return read_answer(response.status_code, response.content)
        except httpx2.TimeoutException:
            raise Unavailable("Deskhand does not answer. Check its log, or start it again.") from None
        except (httpx2.ConnectError, ValueError):  # nobody answers, or somebody who is not Deskhand
            raise Unavailable(NOTHING_RUNS) from None
        except httpx2.TransportError:
            raise Unavailable(STOPPED if method == "GET" else UNKNOWN) from None


class InProcess:
    """The local API over the database, which this process has opened."""

    def __init__(self, app: Callable[..., Coroutine[Any, Any, None]], key: str, runner: asyncio.Runner) -> None:
        self._app, self._headers, self._runner = app, (("Authorization", f"Bearer {key}"),), runner

    def call(self, method: str, path: str, body: Any = None, *, seconds: float | None = None) -> Any:
        del seconds
        from server.http.in_process import InternalRequest, ResponseCollector, make_scope

        require_names(path)
        path, _, query = path.partition("?")
        content = b"" if body is None else json.dumps(body).encode()
        scope, response = make_scope(InternalRequest(method, path, query, content, self._headers)), ResponseCollector(content)
        self._runner.run(self._app(scope, response.receive, response.send))
        return read_answer(response.status, bytes(response.body))


def read_answer(status: int, body: bytes) -> Any:
    """Read the JSON of a response. Raises DeskhandError with the sentence of a refusal, ValueError if it is not Deskhand's."""
    content = json.loads(body) if body else None
    if status < 400:
        return content
    if not isinstance(content, dict) or "detail" not in content:
        raise ValueError("no sentence")
    raise DeskhandError(str(content["detail"]))
