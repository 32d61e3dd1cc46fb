import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from server.core.errors import InvalidInput, Unavailable
from server.http.addresses import Address
from server.integrations import broken_integration, discover
from server.public.app import create_public
from server.runtime.catalogue import State
from server.runtime.integrations import Runtime
from server.runtime.state import open_state
from server.sdk.context import Context
from server.sdk.dynamic import DynamicOperations
from server.sdk.health import Health
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Effect, Operation, Operations
from server.storage.data_dir import open_home

things = Operations(prefix="/things", title="Things")


async def preview() -> Effect:
    return Effect("make a thing")


@things.operation("GET", "", scope="read:things")
async def list_things() -> list[str]:
    """List the things."""
    return ["one"]


class Shelf(Health):
    pass


closed: list[str] = []


@asynccontextmanager
async def start_shelf(context: Context) -> AsyncIterator[Shelf]:
    yield Shelf()
    closed.append("shelf")


@asynccontextmanager
async def start_late(context: Context) -> AsyncIterator[Shelf]:
    await asyncio.sleep(60)
    yield Shelf()


@asynccontextmanager
async def start_badly(context: Context) -> AsyncIterator[Shelf]:
    raise Unavailable("The shelf fell down. Put it up again.")
    yield Shelf()


def described(name: str, start) -> Integration:
    public = (things,) if name == "things" else ()
    return Integration(name, name.title(), (f"/{name}",), lambda: IntegrationSpec(start=start, public=public))


def test_integrations_are_discovered_by_their_folders() -> None:
    assert {"apps", "gmail"} <= {integration.name for integration in discover()}


async def test_broken_integration_is_a_state_with_a_sentence_and_the_others_run(tmp_path) -> None:
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            runtime = Runtime()
            gone = broken_integration("gone", ImportError("no module named x"))
            integrations = [
                gone,
                described("late", start_late),
                described("bad", start_badly),
                described("things", start_shelf),
            ]
            runtime.start(state.context, lambda: integrations, seconds=0.05)
            await runtime.wait()
            states = {member.integration.name: member.state for member in runtime.members}
            assert states == {"gone": State.broken, "late": State.broken, "bad": State.broken, "things": State.running}
            problems = {member.integration.name: member.problem for member in runtime.members}
            assert problems["bad"] == "The shelf fell down. Put it up again."
            assert "x" not in (problems["gone"] or "").split()
            assert isinstance(runtime.services[Shelf], Shelf)
            assert list(runtime.operations()) == ["list_things"]
            await runtime.stop()
            assert closed == ["shelf"]


async def test_integration_may_take_long_to_load(tmp_path) -> None:
    loading = threading.Event()

    def load() -> IntegrationSpec:
        loading.wait(60)
        return IntegrationSpec(start=start_shelf)

    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            runtime = Runtime()
            integrations = [Integration("slow", "Slow", ("/slow",), load), described("late", start_late)]
            runtime.start(state.context, lambda: integrations, seconds=0.05)
            async with asyncio.timeout(60):
                while [member.state for member in runtime.members][1:] != [State.broken]:
                    await asyncio.sleep(0.01)
            loading.set()
            await runtime.wait()
            assert [member.state for member in runtime.members] == [State.running, State.broken]
            await runtime.stop()


async def test_broken_integration_answers_503_under_its_prefixes(tmp_path) -> None:
    import httpx2

    with open_home(tmp_path, demo=False) as home:
        address = Address(public_port=80)
        async with open_state(home, address) as state:
            state.runtime.start(state.context, lambda: [described("bad", start_badly), described("things", start_shelf)])
            _, key = await state.clients.create("bot", frozenset({"read:things"}), {})
            transport = httpx2.ASGITransport(create_public(state))
            headers = {"Authorization": f"Bearer {key}", "Host": "127.0.0.1:80"}
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:80", headers=headers) as http:
                for path in ("/bad", "/bad/", "/bad/anything/below"):
                    answer = await http.post(path)
                    assert (answer.status_code, answer.json()["detail"]) == (503, "The shelf fell down. Put it up again.")
                assert (await http.get("/things")).json() == ["one"]
            await state.runtime.stop()


async def test_integration_with_an_operation_of_another_one_is_broken(tmp_path, caplog) -> None:
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            runtime = Runtime()
            double = Integration("more", "More", ("/things",), lambda: IntegrationSpec(start=start_shelf, public=(things,)))
            runtime.start(state.context, lambda: [described("things", start_shelf), double])
            await runtime.wait()
            assert {member.integration.name: member.state for member in runtime.members} == {
                "things": State.running,
                "more": State.broken,
            }
            assert "There is another operation list_things." in caplog.text
            await runtime.stop()


@dataclass
class ToolService(Health):
    names: tuple[str, ...] = ("use_tool",)


@asynccontextmanager
async def start_tools(context: Context) -> AsyncIterator[ToolService]:
    yield ToolService()


async def run(arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments


async def preview_tool(arguments: dict[str, Any]) -> Effect:
    return Effect("use a tool")


def list_tools(service: ToolService) -> tuple[DynamicOperations, ...]:
    router = DynamicOperations(prefix="/tools", title="Tools", scope="use:tools")
    for name in service.names:
        router.add(Operation(name, "", "Use it.", changes=True), f"/{name}", run, preview_tool, {})
    return (router,)


TOOLS = Integration("tools", "Tools", ("/tools",), lambda: IntegrationSpec(start=start_tools, dynamic=list_tools))


async def test_change_of_dynamic_operations_is_complete_and_published_or_does_not_happen(tmp_path) -> None:
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            runtime = state.runtime
            runtime.start(state.context, lambda: [TOOLS, described("things", start_shelf)])
            await runtime.wait()
            service, before = runtime.services[ToolService], runtime.revision
            service.names = ("use_tool", "use_another")
            with state.context.events.subscribed() as events:
                await state.context.operations.refresh()
                assert (await asyncio.wait_for(anext(events), 60)).topic == "tools"
            assert runtime.revision != before
            assert {"use_tool", "use_another"} < runtime.operations().keys()
            assert state.context.operations.list_names() >= {"list_things", "read_approval", "read_job"}
            service.names = ("use_a_third", "list_things")
            with pytest.raises(InvalidInput):
                await state.context.operations.refresh()
            assert {"use_tool", "use_another"} < runtime.operations().keys()
            assert "use_a_third" not in runtime.operations()
            assert runtime.dynamic.find("use_another")
            await runtime.stop()


async def test_dynamic_operation_with_a_name_that_is_loaded_later_breaks_its_integration(tmp_path) -> None:
    colliding = Integration(
        "tools",
        "Tools",
        ("/tools",),
        lambda: IntegrationSpec(start=start_tools, dynamic=lambda _: list_tools(ToolService(("list_things",)))),
    )
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            runtime = Runtime()
            runtime.start(state.context, lambda: [colliding, described("things", start_shelf)])
            await runtime.wait()
            assert [member.state for member in runtime.members] == [State.broken, State.running]
            assert "another list_things" in (runtime.members[0].problem or "")
            assert (runtime.operations()["list_things"].scope, runtime.dynamic.find("list_things")) == ("read:things", None)
            await runtime.stop()
