"""OpenAI as Deskhand meets it, on a loopback socket: for `--demo` and the tests.

    async with FakeOpenAI().serving() as base_url: ...      inside a running loop
    with running_fake_openai() as fake: fake.base_url       in a thread of its own
    python -m server.integrations.conversations.fake        as a process, which writes on one line of JSON what is where

Modules: `account` (keys, models), `response_methods` and `response_events`, `completion_methods`, `conversation_methods`,
`webhook_methods`, `model_answers` (what the model says), `faults` (errors, and failures on order), `request_log`, `server`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.integrations.conversations.fake.account import KEY, ORGANIZATION, Account
from server.integrations.conversations.fake.completion_methods import Completions
from server.integrations.conversations.fake.conversation_methods import Conversations
from server.integrations.conversations.fake.faults import ApiError, Fault, Faults
from server.integrations.conversations.fake.model_answers import Reply
from server.integrations.conversations.fake.model_methods import make_model_routes
from server.integrations.conversations.fake.request_log import Arrived, RequestLog
from server.integrations.conversations.fake.response_methods import Responses
from server.integrations.conversations.fake.server import FaultyServer, make_control_routes
from server.integrations.conversations.fake.webhook_methods import Webhooks
from server.sdk.fake_server import running_in_thread, serving

__all__ = ["KEY", "ORGANIZATION", "Arrived", "FakeOpenAI", "Fault", "Reply", "running_fake_openai"]


class FakeOpenAI:
    """OpenAI with one project. With `controls` a test in another process can order faults: see `server`.

    `account.language_model.scripted` holds replies to come. `requests` is the log. Webhooks go to https only, unless
    `webhooks.is_https_required` is off.
    """

    def __init__(self, account: Account | None = None, *, controls: bool = False) -> None:
        self.account = account or Account()
        self.requests = RequestLog()
        self.faults = Faults()
        self.webhooks = Webhooks(self.account)
        self.responses = Responses(self.account, self.webhooks.deliver)
        self.base_url = ""
        routes = [*make_model_routes(self.account), *self.responses.routes(), *self.webhooks.routes()]
        routes += [*Completions(self.account).routes(), *Conversations(self.account).routes()]
        routes += make_control_routes(self.faults, self.requests) if controls else []
        self.app = Starlette(routes=routes, exception_handlers={ApiError: answer_error, 404: answer_not_found})

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on 127.0.0.1 while the block runs, and yield the base URL."""
        async with serving(FaultyServer(self.app, self.faults, self.requests), port) as origin:
            self.base_url = f"{origin}/v1"
            try:
                yield self.base_url
            finally:
                await self.responses.close()
                await self.webhooks.close()

    def fail_next(self, status: int, times: int = 1, path: str = "", **fault: Any) -> None:
        """Answer the next requests to this path with an error. Others: the fields of Fault."""
        self.faults.order(Fault(path, times=times, status=status, **fault))

    def drop_next(self, times: int = 1, path: str = "", *, after: bool = False) -> None:
        """Hang up on the next requests to this path; `after`: the call takes effect, and only its answer is lost."""
        self.faults.order(Fault(path, times=times, drop=True, after=after))

    def cut_next(self, events: int, path: str = "/v1/(responses|chat/completions)", *, clean: bool = False) -> None:
        """Hang up on the next answer after so many events; `clean`: end its body there."""
        self.faults.order(Fault(path, method="POST", cut=events, clean=clean))


async def answer_error(_: Request, error: Exception) -> Response:
    """Answer an error."""
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse(error.body, error.status, error.headers)


async def answer_not_found(request: Request, _: Exception) -> Response:
    """Answer that there is no such address."""
    error = ApiError(404, f"Invalid URL ({request.method} {request.url.path})")
    return JSONResponse(error.body, error.status)


@contextmanager
def running_fake_openai(fake: FakeOpenAI | None = None, *, port: int = 0) -> Iterator[FakeOpenAI]:
    """Run a fake in a thread of its own while the block runs."""
    fake = fake or FakeOpenAI()
    with running_in_thread(fake.serving(port)):
        yield fake
