"""The tools of each client, and what happens when one of them is called: the same as when its operation is called over HTTP."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from server.access.clients.registry import Client
from server.core.errors import DeskhandError, InvalidInput
from server.http.in_process import CLIENT, OPERATION, Reply
from server.projections.documents import Documents, offered
from server.projections.mcp import search_tools
from server.projections.mcp.calls import Answer, fail, read_body, read_reply, write_letter
from server.projections.mcp.search_tools import FETCH, SEARCH
from server.projections.mcp.tools import Plan, Tool, make_plans
from server.runtime.state import State

RawHeaders = tuple[tuple[str, str], ...]


class UnknownTool(LookupError):
    """There is no tool of this name."""


class OtherAnswer(DeskhandError):
    """An operation answered something that is no success."""


class Toolbox:
    """Projects the operations. `call` and `list_tools` are for one client, which the endpoint has let in."""

    def __init__(self, state: State, documents: Documents) -> None:
        self._state = state
        self._documents = documents
        self._running: set[asyncio.Task[Reply]] = set()

    @cached_property
    def plans(self) -> dict[str, Plan]:
        """How each tool is called; made once, for it takes a while."""
        return make_plans(self._documents.make(), self._state.runtime.operations())

    @property
    def instructions(self) -> list[str]:
        """The sentences with which the integrations introduce themselves to a model."""
        return [member.integration.instructions for member in self._state.runtime.members if member.parts]

    def list_tools(self, client: Client) -> list[Tool]:
        """What a client is shown, always in the same order."""
        names = {operation.name for operation in offered(client, self._state.runtime.operations())}
        lookups = search_tools.find_usable(self._state.runtime.lookups(), names)
        scopes = sorted({self.plans[lookup.search.operation].operation.scope for lookup in lookups})
        own = [plan.tool for name, plan in self.plans.items() if name in names]
        return [*search_tools.make_tools(lookups, tuple(scopes)), *own]

    async def call(self, client: Client, name: str, arguments: Mapping[str, Any], headers: RawHeaders = ()) -> Answer:
        """Call a tool. Raises UnknownTool; everything else that goes wrong is an answer that says so.

        `headers`: what the call is to carry besides, such as Prefer.
        """
        try:
            if name in {SEARCH, FETCH}:
                return await self._look_up(client, name, arguments)
            plan = self.plans.get(name)
            if plan is None:
                raise UnknownTool(name)
            return read_reply(plan, await self._carry_out(client, plan, arguments, headers))
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
        plan = self.plans[operation]
        reply = await self._carry_out(client, plan, arguments)
        answer = read_reply(plan, reply)
        if answer.failed:
            raise OtherAnswer(answer.texts[0])
        return read_body(reply)

    async def _carry_out(self, client: Client, plan: Plan, arguments: Mapping[str, Any], headers: RawHeaders = ()) -> Reply:
        """Walk the way of every call. When the caller goes away, what only reads ends, and what changes something goes on:

        nobody would know how far it had come, and the person may be looking at the question whether it may run.
        """
        try:
            letter = replace(write_letter(plan, arguments), headers=headers)
        except (RecursionError, ValueError) as error:
            raise InvalidInput from error
        task = asyncio.create_task(self._state.inside.call(letter, **{CLIENT: client, OPERATION: plan.operation.name}))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not plan.operation.changes:
                task.cancel()
            raise

    async def close(self, seconds: float) -> None:
        """Let what still runs end, and then end it."""
        if running := list(self._running):
            _, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
