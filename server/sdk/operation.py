"""An operation: one function that a client can call, declared once at its definition.

The guard, the OpenAPI documents and the list of tools all read the one `Operation` that `Operations.operation` attaches.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from server.core.errors import Conflict
from server.core.memory_budget import MemoryBudget
from server.core.sentences import Sentence
from server.http.error_format import ErrorFormat, Failure
from server.http.request_body import StrictRequest, handle_leniently, wants_list
from server.outbound.previews import reading_own_account, require_no_preview
from server.sdk.routing import DeferredRouter

__all__ = ["ErrorFormat", "Failure", "reading_own_account", "require_no_preview"]  # for integrations
LARGEST_BODY = 1024 * 1024
Preview = Callable[..., Awaitable["Effect"]]


@dataclass(frozen=True)
class Effect:
    """The exact consequences of a changing call, as the person is shown them and the activity records them.

    `sentence`: verb and object without a full stop, such as "send an email to bob@example.com"; a Sentence has the other forms.
    `fields`: names and values in the order in which the recipient would see them; programs show executable and arguments,
    files their name, size and SHA-256. `recipients`: the addresses of everybody whom it reaches, if any.
    `seal`: a hash of everything, if the fields leave something out; it is not shown, and the approval is bound to it.
    `html`: what one of the fields has as text, as its recipients see it; harmless, without scripts and pictures from elsewhere.
    `source`: in full what the fields cannot show completely; the person opens it before they can approve the call.
    `links`: addresses that the caller chose, to be fetched or of files in it. Such a call is always asked about, each time.
    `once`: the same without links; the person can allow this one call, and no others.
    """

    sentence: str
    fields: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()
    seal: str = ""
    html: str = ""
    source: str = ""
    links: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True)
class Wording:
    """Texts about an operation for people. `title`: of its permission, such as "Send email"; `description`: more about it.

    `sentences`: templates for the activity and for approvals; the first one whose {arguments} were given is used.
    """

    title: str = ""
    description: str = ""
    sentences: tuple[Sentence, ...] = ()

    def completed(self, summary: str) -> "Wording":
        """Derive what it lacks from the description for models."""
        clause = summary.partition(". ")[0].rstrip(".")
        sentences = self.sentences or (Sentence(clause[:1].lower() + clause[1:]),)
        return Wording(self.title or clause.partition(":")[0], self.description or summary, sentences)


@dataclass(frozen=True)
class Operation:
    """The declaration of an operation.

    `scope`: required of a client; empty if every client has the operation.
    `changes`: it alters something, here or elsewhere. `reaches_others`: other people see its result.
    `destructive`: it cannot be undone, or something is lost. `idempotent`: a second call changes nothing more.
    `open_world`: it deals with content of strangers, or with something outside of this computer and the person's own things.
    `ingests`: it only adds to Deskhand's own data, so it needs no approval, and yet is not read-only.
    `tool`: documents and tools have it although it ingests, as models are to use it.
    `rate`: the usual rate of its calls, such as 10/second, if these are not counted with the client's other calls.
    `rare`: seldom needed, so presets leave it out first when there are more operations than ChatGPT takes.
    `trusted`: it changes something and yet is allowed by default, as the person trusts whose it is.
    `unaccepted`: it is not what the person accepted any more, so it asks also if they have allowed it to a client.
    `individual`: it may not be allowed together with all others of its scope, which could do much.
    `asks`: the person may be asked about a call; else one that is not allowed is refused, and no document tells of it.
    `errors`: the form of its failures, if they are no problem documents.
    `long`: it may take longer than a client waits, and then becomes a job. `content`: its answer is a ContentView.
    `for_jobs`: clients need it for operations that are `long`, and only for them.
    `alias`: the name under which clients see it, if it is another one; policies, approvals and the activity have `name`.
    `listed`: documents and tools have it; else it only leads to operations that they have.
    `for_callers`: it hands calls over, also those of callers with a token of their own.
    `preview` takes the same arguments as the function and returns the Effect; every changing operation has one.
    `summary` is for models, `wording` for people.
    """

    name: str
    scope: str
    summary: str
    changes: bool
    reaches_others: bool = False
    preview: Preview | None = None
    largest_body: int = LARGEST_BODY
    wording: Wording = Wording()
    destructive: bool = False
    idempotent: bool = True
    open_world: bool = False
    ingests: bool = False
    rare: bool = False
    trusted: bool = False
    long: bool = False
    content: bool = False
    for_jobs: bool = False
    alias: str = ""
    listed: bool = True
    for_callers: bool = False
    tool: bool = False
    rate: str = ""
    unaccepted: bool = False
    individual: bool = False
    asks: bool = True
    errors: ErrorFormat | None = None

    @property
    def is_documented(self) -> bool:
        """Return whether documents and tools may have it: not if it only takes in what a program hands over, or never asks."""
        return self.asks and (self.tool or not self.ingests)

    @property
    def is_reading(self) -> bool:
        """Return whether nothing is different after a call."""
        return not (self.changes or self.ingests or self.destructive)

    @property
    def public_name(self) -> str:
        """The operationId, and the name of the tool."""
        return self.alias or self.name


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
        effect: Effect = await attrgetter(self.method)(arguments.pop(self.service))(**arguments)
        return effect


class Accepted(BaseModel):
    """The call has not ended yet."""

    status: str = Field(description="pending: the person is being asked, and nothing has happened. running: it goes on.")
    approval_id: str = Field("", description="The number of the question, for read_approval.")
    job_id: str = Field("", description="The number of the call that goes on, for read_job.")
    summary: str = Field(description="What it does, in a sentence.")
    poll: str = Field(description="The path to look at for the decision or the result.")


class GuardProtocol(Protocol):
    """The guard, as the routes see it. `memory`: room for large bodies."""

    memory: MemoryBudget

    async def handle(
        self,
        request: Request,
        operation: Operation,
        parameters: frozenset[str],
        handle: Callable[[Request], Awaitable[Response]],
    ) -> Response:
        """Guard one request from authentication to response. `parameters`: the caller's arguments. Raises NotAuthenticated."""


class CallProtocol(Protocol):
    """One call that the guard has let in."""

    @property
    def client_id(self) -> str:
        """The id of its client."""

    @property
    def client_name(self) -> str:
        """The name that the person gave its client."""

    @property
    def caller_token(self) -> str:
        """The token of a caller who has no key of Deskhand's, for the outside service; empty for every other."""

    @property
    def is_allowed(self) -> bool:
        """Return whether the person has allowed the operation to its client, whatever is allowed by default."""

    def has_scope(self, scope: str) -> bool:
        """Return whether its client has a scope."""

    async def hand_over(self, operation: str, path: str, body: bytes) -> Response:
        """Make a call of another operation in its place, with all of that one's checks; only that one is recorded."""

    async def execute(self, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
        """Decide on a validated call; execute it, or respond in its place."""

    async def require_still_allowed(self) -> None:
        """Raises Unavailable, Forbidden or NotAuthenticated if the person has withdrawn the permission since."""


current_call: ContextVar[CallProtocol] = ContextVar("current_call")
allowed_effect: ContextVar[Effect | None] = ContextVar("allowed_effect", default=None)


def require_allowed(effect: Effect) -> None:
    """Raises Conflict if a call would not have the Effect any more that was approved.

    For functions that read again what others can change: it may differ from what the preview read. They pass the Effect of
    exactly what they then use, and do not read it another time.
    """
    if allowed_effect.get() not in {None, effect}:
        raise Conflict("What this would do has changed in the very moment in which it was to be done. Nothing was; ask again.")


async def require_still_allowed() -> None:
    """Raises the refusal of a call that is not permitted any more: all is paused, or the client ended or restricted.

    For functions that have waited, right before what cannot be undone. Without a client's call it does nothing.
    """
    if call := current_call.get(None):
        await call.require_still_allowed()


async def run_for(effect: Effect | None, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
    """Run a function that is allowed for this Effect; None: for any."""
    token = allowed_effect.set(effect)
    try:
        return await function(**arguments)
    finally:
        allowed_effect.reset(token)


def choose_preview(function: Callable[..., Awaitable[Any]], preview: Preview | str | None, changes: bool) -> Preview | None:
    if changes and preview is None:
        raise TypeError(f"{function.__name__} changes something, so it needs a preview.")
    return ServicePreview.of(function, preview) if isinstance(preview, str) else preview


def default(value: bool | None, fallback: bool) -> bool:
    return fallback if value is None else value


class Operations(DeferredRouter):
    """A router whose routes are operations. `open_world`: the default of its operations. `scopes`: of GET, and of the others.

    `errors`: the form of every failure below its prefix. `asks`: False if its clients speak the API of another service, so that
    they cannot be told that the person is asked; then the policy of its operations is allow or deny, and ask is refused.
    """

    def __init__(
        self,
        *,
        prefix: str,
        title: str,
        open_world: bool = False,
        scopes: tuple[str, str] | None = None,
        errors: ErrorFormat | None = None,
        asks: bool = True,
    ) -> None:
        if errors and not prefix:
            raise TypeError(f"{title}: only a router with a prefix can have errors of its own.")
        self._open_world, self._scopes, self.errors, self._asks = open_world, scopes, errors, asks
        super().__init__(prefix=prefix, tags=[title], route_class=OperationRoute, redirect_slashes=False)

    def operation(  # noqa: PLR0913, a declaration has many options
        self,
        method: str,
        path: str,
        *,
        scope: str | None = None,
        wording: Wording | None = None,
        preview: Preview | str | None = None,
        changes: bool | None = None,
        reaches_others: bool = False,
        destructive: bool | None = None,
        idempotent: bool | None = None,
        open_world: bool | None = None,
        ingests: bool = False,
        tool: bool = False,
        rate: str = "",
        rare: bool = False,
        long: bool = False,
        for_jobs: bool = False,
        listed: bool = True,
        for_callers: bool = False,
        largest_body: int = LARGEST_BODY,
        status_code: int | None = None,
        keep_nulls: bool = False,
    ) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
        """Declare a function as an operation: its name is the operationId, its docstring the model's description.

        `preview`: a function, or the dotted name of a method of the service that the operation takes as its first argument.
        `largest_body`: bytes, if 1 MiB is too small. `keep_nulls`: else nulls are left out, as ChatGPT's editor has no unions.
        A changing operation is `destructive` and not `idempotent` unless it says otherwise.
        """

        def declare(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            changing = default(changes, method != "GET" and not ingests)
            effect = choose_preview(function, preview, changing)
            text = (function.__doc__ or "").strip().partition("\n")[0]
            name, open_to = function.__name__, reaches_others or default(open_world, self._open_world)
            destroys, repeats = default(destructive, changing), default(idempotent, not changing)
            flags = (ingests, rare, False, long, False, for_jobs, "", listed, for_callers, tool, rate)
            more = (largest_body, (wording or Wording()).completed(text), destroys, repeats, open_to, *flags)
            operation = Operation(name, self._choose_scope(name, method, scope), text, changing, reaches_others, effect, *more)
            self._add(path, method, function, operation, status_code=status_code, response_model_exclude_none=not keep_nulls)
            return function

        return declare

    def _choose_scope(self, name: str, method: str, scope: str | None) -> str:
        if scope is not None:
            return scope
        if self._scopes is None:
            raise TypeError(f"{name} needs a scope, or an empty one to be open to every client.")
        reading, changing = self._scopes
        return reading if method == "GET" else changing

    def _add(
        self,
        path: str,
        method: str,
        function: Callable[..., Awaitable[Any]],
        operation: Operation,
        body: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Add the route. `body`: the schema of its body, if that is not its function's."""
        if operation.long:
            options["responses"] = {202: {"model": Accepted, "description": "It goes on, or the person is being asked."}}
        described = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {}
        self.add_api_route(
            path,
            guarded(function, replace(operation, asks=self._asks, errors=self.errors)),
            methods=[method],
            operation_id=operation.public_name,
            summary=operation.summary,
            openapi_extra={
                "x-openai-isConsequential": operation.changes,
                "security": [{"key": [operation.scope] if operation.scope else []}],
                **described,
            },
            **options,
        )


def guarded(function: Callable[..., Awaitable[Any]], operation: Operation) -> Callable[..., Awaitable[Any]]:
    """Put the guard's second half between FastAPI's validation and the function, so that no invalid call is asked about."""

    @functools.wraps(function)
    async def answer(**arguments: Any) -> Any:
        return await current_call.get().execute(function, arguments)

    answer.operation = operation  # type: ignore[attr-defined]  # read back by `operation_of`
    return answer


def operation_of(endpoint: Any) -> Operation | None:
    """Find the declaration of a route's endpoint; None if it is not an operation."""
    return getattr(endpoint, "operation", None)


class OperationRoute(APIRoute):
    """The guard's first half: authentication and scope, before the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        operation = operation_of(self.endpoint)
        if operation is None:
            raise TypeError(f"{self.path}: declare it with @….operation")
        declared = self.dependant
        if declared.header_params or declared.cookie_params:
            raise TypeError(f"{operation.name}: a call is stored as path, query and body, so it takes no header or cookie.")
        names = frozenset(part.name for part in (*declared.path_params, *declared.query_params, *declared.body_params))
        lists = frozenset(part.alias for part in declared.query_params if wants_list(part.field_info.annotation))

        async def enter(request: Request) -> Response:
            guard: GuardProtocol = request.app.state.guard
            async with guard.memory.request():
                strict = StrictRequest(request.scope, request.receive, operation.largest_body, lists)
                return await guard.handle(strict, operation, names, lambda _: handle_leniently(strict, handle))

        return enter
