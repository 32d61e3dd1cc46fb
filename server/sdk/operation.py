"""An operation: one function that a client can call, declared once where it stands.

The guard, the OpenAPI documents and the list of tools all read the one `Operation` that `Operations.operation` attaches.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.routing import APIRoute

from server.core.errors import Conflict
from server.http.strict_json import StrictRequest
from server.sdk.routing import DeferredRouter

LARGEST_BODY = 1024 * 1024
Preview = Callable[..., Awaitable["Effect"]]


@dataclass(frozen=True)
class Effect:
    """What a changing call will do, word for word, as the person is shown it and as the activity keeps it.

    `sentence`: verb and object without a full stop, such as "send mail to bob@example.com".
    `fields`: names and values in the order in which the recipient would see them; programs show executable and arguments,
    files their name, size and SHA-256. `recipients`: the addresses of everybody whom it reaches, where it reaches anybody.
    `seal`: a hash of all of it, where the fields leave something out; nobody is shown it, but a yes holds for this alone.
    """

    sentence: str
    fields: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()
    seal: str = ""


@dataclass(frozen=True)
class Operation:
    """What is declared about an operation.

    `scope`: what a client needs for it; empty where every client has it.
    `changes`: it alters something, here or elsewhere. `reaches_others`: what it does is seen by other people.
    `destroys`: what it does cannot be taken back, or something is lost by it. `repeats`: a second time, it changes nothing more.
    `open_world`: it meets what strangers wrote, or what stands outside of this computer and the person's own things.
    `keeps`: it only adds to what Deskhand itself keeps, so nobody is asked, and yet it is no reading.
    `preview` takes the same arguments as the function and answers the Effect; every changing operation has one.
    `phrases`: the same in a few words, verb first, for the diary: the first one whose {arguments} were given is told.
    """

    name: str
    scope: str
    summary: str
    changes: bool
    reaches_others: bool = False
    preview: Preview | None = None
    largest_body: int = LARGEST_BODY
    phrases: tuple[str, ...] = ()
    destroys: bool = False
    repeats: bool = True
    open_world: bool = False
    keeps: bool = False


@dataclass(frozen=True)
class ServicePreview:
    """A preview that is a method of the service. `method`: its dotted name there; `service`: the argument with the service."""

    service: str
    method: str

    @classmethod
    def of(cls, function: Callable[..., Awaitable[Any]], method: str) -> "ServicePreview":
        """Read which argument of an operation is its service: the first."""
        return cls(next(iter(inspect.signature(function).parameters)), method)

    async def __call__(self, **arguments: Any) -> Effect:
        foreseen: Effect = await attrgetter(self.method)(arguments.pop(self.service))(**arguments)
        return foreseen


class Gate(Protocol):
    """The guard, as the routes see it."""

    async def handle(
        self,
        request: Request,
        operation: Operation,
        parameters: frozenset[str],
        handle: Callable[[Request], Awaitable[Response]],
    ) -> Response:
        """Take one request along the whole way. `parameters`: the arguments from the caller. Raises NotAuthenticated."""


class Admission(Protocol):
    """One call that the guard has let in."""

    @property
    def client_id(self) -> str:
        """Who calls."""

    @property
    def client_name(self) -> str:
        """What the person calls it."""

    async def execute(self, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
        """Decide on a validated call; then run it, or answer in its place."""

    async def require_still_allowed(self) -> None:
        """Raises Unavailable, Forbidden or NotAuthenticated where the person has changed their mind since."""


current_call: ContextVar[Admission] = ContextVar("current_call")
allowed_effect: ContextVar[Effect | None] = ContextVar("allowed_effect", default=None)


def require_allowed(effect: Effect) -> None:
    """Raises Conflict where a call would not do any more what was foreseen when it was let through.

    For functions that look once more at what others can change: what they find then is not what the preview found.
    They hand over the Effect of the very thing that they then use, and do not look another time.
    """
    if allowed_effect.get() not in {None, effect}:
        raise Conflict("What this would do has changed in the very moment in which it was to be done. Nothing was; ask again.")


async def require_still_allowed() -> None:
    """Raises what refuses a call that may not run any more: the person paused all, ended the client or changed what it may.

    For functions that have waited, right before what cannot be taken back. What no client called is not asked about.
    """
    if call := current_call.get(None):
        await call.require_still_allowed()


async def run_for(effect: Effect | None, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
    """Run a function that was let through for this Effect; None: for whatever it does."""
    token = allowed_effect.set(effect)
    try:
        return await function(**arguments)
    finally:
        allowed_effect.reset(token)


class Operations(DeferredRouter):
    """A router whose routes are operations. `open_world`: unless one of them says otherwise."""

    def __init__(self, *, prefix: str, title: str, open_world: bool = False) -> None:
        self._open_world = open_world
        super().__init__(prefix=prefix, tags=[title], route_class=OperationRoute, redirect_slashes=False)

    def operation(  # noqa: PLR0913, the declaration of an operation is one sentence with many words
        self,
        method: str,
        path: str,
        *,
        scope: str,
        phrases: str | tuple[str, ...] = (),
        preview: Preview | str | None = None,
        changes: bool | None = None,
        reaches_others: bool = False,
        destroys: bool | None = None,
        repeats: bool | None = None,
        open_world: bool | None = None,
        keeps: bool = False,
        largest_body: int = LARGEST_BODY,
        status_code: int | None = None,
        keep_nulls: bool = False,
    ) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
        """Declare the function below as an operation: its name is the operationId, its docstring what a model reads.

        `preview`: a function, or the dotted name of a method of the service that the operation takes as its first argument.
        `largest_body`: bytes, where the surface's limit of 1 MiB is too small. `keep_nulls`: an answer that says null says so;
        elsewhere what is null is left out, as the documents have no unions with null (ChatGPT's editor stumbles over them).
        Of a changing operation the worst is told until it says otherwise: that it `destroys` and does not `repeat`.
        """

        def declare(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            changing = (method != "GET" and not keeps) if changes is None else changes
            if changing and preview is None:
                raise TypeError(f"{function.__name__} changes something, so it needs a preview.")
            summary = (function.__doc__ or "").strip().partition("\n")[0]
            told = (phrases,) if isinstance(phrases, str) else phrases or (in_few_words(summary),)
            name, open_to = function.__name__, reaches_others or (self._open_world if open_world is None else open_world)
            worst = (changing if destroys is None else destroys, not changing if repeats is None else repeats, open_to)
            told_all = (largest_body, told, *worst, keeps)
            foresee = ServicePreview.of(function, preview) if isinstance(preview, str) else preview
            operation = Operation(name, scope, summary, changing, reaches_others, foresee, *told_all)
            self._add(path, method, function, operation, status_code=status_code, response_model_exclude_none=not keep_nulls)
            return function

        return declare

    def _add(self, path: str, method: str, function: Callable[..., Awaitable[Any]], operation: Operation, **options: Any) -> None:
        self.add_api_route(
            path,
            guarded(function, operation),
            methods=[method],
            operation_id=operation.name,
            summary=operation.summary,
            openapi_extra={
                "x-openai-isConsequential": operation.changes,
                "security": [{"key": [operation.scope] if operation.scope else []}],
            },
            **options,
        )


def in_few_words(summary: str) -> str:
    """A phrase for the diary, of the first line that a model reads."""
    first = summary.partition(". ")[0].rstrip(".")
    return first[:1].lower() + first[1:]


def guarded(function: Callable[..., Awaitable[Any]], operation: Operation) -> Callable[..., Awaitable[Any]]:
    """Put the guard's second half between FastAPI's validation and the function, so that nobody is asked about nonsense."""

    @functools.wraps(function)
    async def answer(**arguments: Any) -> Any:
        return await current_call.get().execute(function, arguments)

    answer.operation = operation  # type: ignore[attr-defined]  # read back by `operation_of`
    return answer


def operation_of(endpoint: Any) -> Operation | None:
    """Find the declaration of a route's endpoint; None where it is not an operation."""
    return getattr(endpoint, "operation", None)


class OperationRoute(APIRoute):
    """The guard's first half: who calls, and may they, before the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        operation = operation_of(self.endpoint)
        if operation is None:
            raise TypeError(f"{self.path}: declare it with @….operation")
        known = self.dependant
        if known.header_params or known.cookie_params:
            raise TypeError(f"{operation.name}: a call is kept as path, query and body, so it takes no header or cookie.")
        parameters = frozenset(part.name for part in (*known.path_params, *known.query_params, *known.body_params))

        async def enter(request: Request) -> Response:
            gate: Gate = request.app.state.gate
            strict = StrictRequest(request.scope, request.receive, operation.largest_body)
            return await gate.handle(strict, operation, parameters, handle)

        return enter
