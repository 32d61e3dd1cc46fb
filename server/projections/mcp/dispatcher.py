"""The tools of each client, and their calls: the same as a call of the operation over HTTP."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any

from server.access.clients.registry import Client
from server.core.errors import DeskhandError, InvalidInput
from server.http.in_process import CLIENT, COUNTED, OPERATION, InternalResponse
from server.projections.documents import Documents, offered
from server.projections.mcp import search_tools
from server.projections.mcp.calls import Answer, fail, make_request, read_body, read_response
from server.projections.mcp.tools import Tool, ToolBinding, make_bindings
from server.runtime.state import State
from server.sdk.search import FETCH, SEARCH

current_client: ContextVar[Client] = ContextVar("current_client")  # whose request is answered
TOOL_CALL = "complete an app's tool call"

RawHeaders = tuple[tuple[str, str], ...]


class UnknownTool(LookupError):
    """There is no tool of this name."""


class OtherAnswer(DeskhandError):
    """An operation answered something that is no success."""


class ToolDispatcher:
    """Projects the operations. `call` and `list_tools` are for one client, which the endpoint has let in."""

    def __init__(self, state: State, documents: Documents) -> None:
        self._state = state
        self._documents = documents
        self._bindings: dict[str, ToolBinding] = {}
        self._revision = -1
        self._updating = asyncio.Lock()

    @property
    def bindings(self) -> dict[str, ToolBinding]:
        """The binding of each tool; made once for each revision of the operations, which takes a while."""
        revision = self._state.runtime.revision
        if revision != self._revision:
            self._bindings = make_bindings(self._documents.make(), self._state.runtime.operations())
            self._revision = revision
        return self._bindings

    async def update(self) -> None:
        """Make the bindings in a thread, if they are not those of now."""
        if self._revision == self._state.runtime.revision:
            return
        async with self._updating:
            await asyncio.to_thread(lambda: self.bindings)

    @property
    def instructions(self) -> list[str]:
        """The sentences with which the integrations introduce themselves to a model."""
        return [member.integration.instructions for member in self._state.runtime.members if member.parts]

    def quote_instructions(self, client: Client) -> list[str]:
        """Quote what the sources of the dynamic operations that a client has say about them."""
        names = {operation.name for operation in offered(client, self._state.runtime.operations())}
        return self._state.runtime.list_instructions(names)

    def list_tools(self, client: Client) -> list[Tool]:
        """List the tools that a client is shown, always in the same order."""
        names = {operation.name for operation in offered(client, self._state.runtime.operations())}
        lookups = search_tools.find_usable(self._state.runtime.lookups(), names)
        scopes = sorted({self.bindings[lookup.search.operation].operation.scope for lookup in lookups})
        own = [binding.tool for binding in self.bindings.values() if binding.operation.name in names]
        return [*search_tools.make_tools(lookups, tuple(scopes)), *own]

    async def call(self, client: Client, name: str, arguments: Mapping[str, Any], headers: RawHeaders = ()) -> Answer:
        """Call a tool. Raises UnknownTool; everything else that goes wrong is an answer that says so.

        `headers`: what the call is to carry besides, such as Prefer.
        """
        try:
            if name in {SEARCH, FETCH}:
                return await self._look_up(client, name, arguments)
            binding = self.bindings.get(name)
            if binding is None:
                raise UnknownTool(name)
            return read_response(binding, await self._execute(client, binding, arguments, headers), self._state.assets)
        except DeskhandError as error:
            return fail(error.detail)

    async def _look_up(self, client: Client, name: str, arguments: Mapping[str, Any]) -> Answer:
        names = {operation.name for operation in offered(client, self._state.runtime.operations())}
        lookups = search_tools.find_usable(self._state.runtime.lookups(), names)
        if not lookups:
            raise UnknownTool(name)
        ask, address = partial(self._ask, client), self._state.address.public
        if name == SEARCH:
            return await search_tools.search(lookups, ask, search_tools.read_argument(arguments, "query"), address)
        return await search_tools.fetch(lookups, ask, search_tools.read_argument(arguments, "id"), address)

    async def _ask(self, client: Client, operation: str, arguments: Mapping[str, Any]) -> Any:
        binding = self.bindings[operation]
        response = await self._execute(client, binding, arguments)
        answer = read_response(binding, response)
        if answer.failed:
            raise OtherAnswer(answer.texts[0])
        return read_body(response)

    async def _execute(
        self, client: Client, binding: ToolBinding, arguments: Mapping[str, Any], headers: RawHeaders = ()
    ) -> InternalResponse:
        """Call an operation through the guard. If the caller goes away, what only reads ends, and what changes something goes on:

        nobody would know how far it had come, and the person may be looking at the question whether it may run.
        """
        try:
            request = replace(make_request(binding, arguments), headers=headers)
        except (RecursionError, ValueError) as error:
            raise InvalidInput from error
        scope = {CLIENT: client, OPERATION: binding.operation.name, COUNTED: True}  # by the endpoint
        call = self._state.inside.call(request, **scope)
        if not binding.operation.changes:
            return await call
        return await self._state.context.tasks.complete(call, name=TOOL_CALL)

    async def close(self, seconds: float) -> None:
        """Let changing calls end for some seconds, and then cancel them."""
        for task in await self._state.context.tasks.wait(TOOL_CALL, seconds):
            task.cancel()
