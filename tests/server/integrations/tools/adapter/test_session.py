import asyncio
import json
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from server.core.errors import DeskhandError, NotFound, SignInNeeded, Unavailable, UpstreamFailed, UpstreamTimedOut
from server.integrations.tools.adapter import session as module
from server.integrations.tools.adapter.listing import MOST_TOOLS
from server.integrations.tools.adapter.session import UNKNOWN, open_session
from server.integrations.tools.fake.launch import crm_command, crm_environment
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Transport
from server.integrations.tools.supervisor import Supervisor, Timing
from tests.server.integrations.tools.upstreams import (
    ECHO,
    answer,
    answer_basics,
    connect_command,
    connect_url,
    ignore_change,
    listen_http,
    open_hostile,
)
from tests.server.listening import until


async def test_demo_crm_is_listed_and_called() -> None:
    connection = connect_command(crm_command(), crm_environment(), error_prefixes=("Error executing",))
    async with open_session(connection, UpstreamLog(), ignore_change) as session:
        assert session.info.protocol == "2026-07-28"
        assert "CRM" in session.info.instructions
        catalog = await session.list_all()
        assert [tool.name for tool in catalog.tools] == ["natural_query", "get_leads", "get_contacts", "search_entities"]
        assert catalog.tools[0].annotations == {"readOnlyHint": True}
        result = await session.call_tool("natural_query", {"query": "Show new leads", "response_format": "natural"})
        assert result.text == "2 new leads: Nordlicht Optik, Brightwater Bakery."
        assert not result.failed
        assert len(result.structured["records"]) == 2
        failure = await session.call_tool("natural_query", {"query": " "})
        assert failure.failed, "it says so in words only"
        assert session.latency


async def test_calls_share_one_session_and_keep_their_answers_apart() -> None:
    async with open_hostile("plain") as session:
        await session.list_all()
        results = await asyncio.gather(*(session.call_tool("echo", {"number": number}) for number in range(300)))
        assert [json.loads(result.text)["number"] for result in results] == list(range(300))


async def test_late_answer_is_an_error_and_the_session_goes_on() -> None:
    async with open_hostile("plain") as session:
        await session.list_all()
        with pytest.raises(UpstreamTimedOut, match="“CRM” did not answer in time"):
            await session.call_tool("wait", {}, seconds=0.2)
        assert (await session.call_tool("echo", {"a": 1})).text == '{"a": 1}'


async def test_cancelled_call_is_cancelled_at_the_server() -> None:
    async with open_hostile("plain") as session:
        await session.list_all()
        task = asyncio.create_task(session.call_tool("wait", {}))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(60):
            while not json.loads((await session.call_tool("status", {})).text)["cancelled"]:
                await asyncio.sleep(0.02)


async def test_error_of_a_server_is_shown_without_hidden_characters() -> None:
    async with open_hostile("plain") as session:
        await session.list_all()
        with pytest.raises(UpstreamFailed) as caught:
            await session.call_tool("fail", {})
        assert caught.value.detail == "“CRM” reported an error: The disk is full. Really."


async def test_question_of_a_server_is_declined_and_the_answer_says_so() -> None:
    log = UpstreamLog()
    async with open_hostile("plain", log=log) as session:
        await session.list_all()
        result = await session.call_tool("ask", {})
        assert json.loads(result.blocks[0].text)["result"] == {"action": "decline"}
        assert "Nobody can answer it here." in result.blocks[1].text
        assert len((await session.call_tool("echo", {})).blocks) == 1
    assert log.lines() == ["It asked: Your PIN? Nobody can answer it here."]


async def test_unsupported_request_is_an_error() -> None:
    async with open_hostile("plain") as session:
        with pytest.raises(NotFound, match="does not offer that"):
            await session.read_resource("file:///etc/passwd")


async def test_huge_message_ends_the_session() -> None:
    async with open_hostile("huge") as session:
        await session.list_all()
        with pytest.raises(UpstreamFailed, match="“CRM” sent a message of more than 16 MB"):
            await session.call_tool("echo", {})
        assert await session.wait_ended()


async def test_endless_notifications_end_the_session() -> None:
    async with open_hostile("endless") as session:
        async with asyncio.timeout(30):
            assert await session.wait_ended() == "sends messages without end"


@pytest.mark.parametrize(("mode", "count"), [("many", MOST_TOOLS), ("pages", 0), ("circle", 2)])
async def test_endless_listing_is_cut_and_noted(mode: str, count: int) -> None:
    async with open_hostile(mode) as session:
        catalog = await session.list_all()
    assert len(catalog.tools) + ("twice" in str(catalog.notes)) == count
    assert "or without end" in catalog.notes[0]


async def test_hidden_characters_are_removed_and_noted() -> None:
    async with open_hostile("hidden") as session:
        catalog = await session.list_all()
        assert session.info.instructions == "plain text"
        (tool, _) = catalog.tools
        assert (tool.name, tool.called_name) == ("get_data", "get\u202e_data"), "the server knows it by that name"
        assert (tool.title, tool.description, tool.flags) == ("red", "plain text", ("Hidden text was removed from it.",))
        assert catalog.notes == ("Hidden text was removed from get_data.", "Hidden text was removed from its instructions.")
        assert json.loads((await session.call_tool(tool.called_name, {"a": 1})).text) == {"a": 1}


async def test_invalid_tools_do_not_fail_the_others() -> None:
    async with open_hostile("invalid") as session:
        catalog = await session.list_all()
        assert [tool.name for tool in catalog.tools] == ["echo"]
        assert catalog.notes == (
            "The tool echo is listed twice; the first counts.",
            "Hidden text was removed from its instructions.",
            "4 of its tools cannot be read and are left out.",
        )


async def test_hostile_output_schema_is_not_evaluated() -> None:
    async with open_hostile("redos") as session:
        catalog = await session.list_all()
        assert catalog.tools[0].output_schema
        began = monotonic()
        result = await session.call_tool("echo", {})
        assert result.structured["text"].endswith("!")
        assert monotonic() - began < 20


async def test_end_of_a_process_is_explained_without_secrets() -> None:
    log = UpstreamLog(["license"])
    async with open_hostile("exits", log=log) as session:
        await session.list_all()
        with pytest.raises(UpstreamFailed) as caught:
            await session.call_tool("echo", {})
        assert caught.value.detail.startswith("“CRM” ended with status 3: ␛[31mno ••• key •••")


async def test_output_that_is_no_message_goes_to_the_log() -> None:
    log = UpstreamLog()
    async with open_hostile("noise", log=log) as session:
        assert (await session.list_all()).tools
    assert log.lines() == ["Server listening", "{not json}"]


async def test_server_that_does_not_start_is_explained() -> None:
    with pytest.raises(UpstreamFailed, match="“CRM” ended with status 4: cannot start"):
        async with open_hostile("dies"):
            pass


async def test_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OPEN_SECONDS", 0.5)
    with pytest.raises(UpstreamTimedOut):
        async with open_hostile("silent"):
            pass


async def test_change_of_the_lists_is_reported() -> None:
    changes: list[int] = []
    async with open_hostile("changing", on_change=lambda: changes.append(1)) as session:
        await session.list_all()
        await until(lambda: bool(changes))


async def test_unreachable_server_is_explained() -> None:
    with pytest.raises(Unavailable, match="“CRM” could not be reached"):
        async with open_session(connect_url("http://127.0.0.1:9/mcp"), UpstreamLog(), ignore_change):
            pass


async def test_headers_are_sent_and_no_cookies() -> None:
    sent: list[str] = []

    async def respond(head, request, writer) -> None:
        sent.append(head)
        if not answer_basics(request, writer, [ECHO]):
            answer(writer, b"", "405 Method Not Allowed", "Set-Cookie: a=b; Path=/")

    async with listen_http(respond) as url:
        connection = connect_url(f"{url}/mcp?key=1", headers={"X-Token": "secret"})
        async with open_session(connection, UpstreamLog(), ignore_change) as session:
            assert [tool.name for tool in (await session.list_all()).tools] == ["echo"]
    assert all("X-Token: secret" in head or "x-token: secret" in head.lower() for head in sent)
    assert all("/mcp?key=1" in head for head in sent)
    assert not any("cookie:" in head.lower() for head in sent)


@pytest.mark.parametrize("transport", [Transport.http, Transport.sse])
@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_redirect_to_another_host_is_not_followed(transport: Transport, status: str) -> None:
    visits: list[str] = []

    async def visit(head, request, writer) -> None:
        visits.append(head)
        answer(writer, b"{}")

    async with listen_http(visit) as other:

        async def redirect(head, request, writer) -> None:
            answer(writer, b"", status, f"Location: {other.replace('127.0.0.1', 'localhost')}/mcp")

        async with listen_http(redirect) as url:
            with pytest.raises((UpstreamFailed, Unavailable)):
                async with open_session(connect_url(f"{url}/mcp", transport), UpstreamLog(), ignore_change):
                    pass
    assert visits == []


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_refused_credentials_are_explained(status: str) -> None:
    async def respond(head, request, writer) -> None:
        answer(writer, b"", status)

    async with listen_http(respond) as url:
        with pytest.raises(SignInNeeded, match="refused Deskhand's credentials"):
            async with open_session(connect_url(url), UpstreamLog(), ignore_change):
                pass


async def call_and_fail(session: module.Session, name: str, seconds: float = 60) -> str:
    await session.list_all()
    with pytest.raises(DeskhandError) as caught:
        await session.call_tool(name, {}, seconds, changes=True)
    return caught.value.detail


@pytest.mark.parametrize(("mode", "name"), [("exits", "echo"), ("huge", "echo"), ("plain", "wait")])
async def test_lost_answer_of_a_call_that_changes_something_is_called_unknown(mode: str, name: str) -> None:
    async with open_hostile(mode) as session:
        assert (await call_and_fail(session, name, 0.2 if name == "wait" else 60)).endswith(UNKNOWN)


async def test_error_that_the_server_answered_is_not_called_unknown() -> None:
    async with open_hostile("plain") as session:
        assert UNKNOWN not in await call_and_fail(session, "fail")


@pytest.mark.parametrize(
    ("status", "body", "unknown"),
    [
        ("200 OK", b"<html>", True),
        ("202 Accepted", b"", True),
        ("502 Bad Gateway", b"", True),
        ("400 Bad Request", b"", False),
        ("429 Too Many Requests", b"", False),
    ],
)
async def test_lost_answer_over_http_is_called_unknown(status: str, body: bytes, unknown: bool) -> None:
    async def respond(head, request, writer) -> None:
        if not answer_basics(request, writer, [ECHO]):
            answer(writer, body, status)

    async with listen_http(respond) as url, open_session(connect_url(url), UpstreamLog(), ignore_change) as session:
        assert (UNKNOWN in await call_and_fail(session, "echo")) is unknown


NOT_FOUND = {"code": -32001, "message": "Session not found"}  # as the SDK in TypeScript answers


NO_SESSION = {"code": -32000, "message": "Bad Request: No valid session ID provided"}  # and its examples


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("404 Not Found", b""),
        ("404 Not Found", json.dumps({"jsonrpc": "2.0", "id": None, "error": NOT_FOUND}).encode()),
        ("400 Bad Request", json.dumps({"jsonrpc": "2.0", "id": None, "error": NO_SESSION}).encode()),
        ("400 Bad Request", b"Invalid session ID"),  # as the SDK in Python did
    ],
)
async def test_session_that_a_restarted_server_has_forgotten_is_opened_again(status: str, body: bytes) -> None:
    starts = 1

    async def respond(head, request, writer) -> None:
        known = f"mcp-session-id: {starts}\r\n" in head.lower()
        if not head.startswith("POST"):
            answer(writer, b"", "405 Method Not Allowed")
        elif "mcp-session-id" in head.lower() and not known:
            answer(writer, body, status)
        elif not answer_basics(request, writer, [ECHO], f"Mcp-Session-Id: {starts}"):
            content = {"content": [{"type": "text", "text": f"start {starts}"}]}
            answer(writer, json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": content}).encode())

    async with listen_http(respond) as url:

        def open_again(on_change: Callable[[], None]) -> Any:
            return open_session(connect_url(url), UpstreamLog(), on_change)

        supervisor = Supervisor("CRM", open_again, ignore_change, timing=Timing(first_delay=0.02, wait=30))
        supervisor.start()
        async with supervisor.session() as session:
            assert (await session.call_tool("echo", {})).text == "start 1"
            starts = 2
            with pytest.raises(Unavailable, match="Nothing was done; send it again") as caught:
                await session.call_tool("echo", {}, changes=True)
            assert UNKNOWN not in caught.value.detail
        await until(lambda: supervisor.status.restarts > 0)
        async with supervisor.session() as session:
            assert (await session.call_tool("echo", {})).text == "start 2"
        await supervisor.stop()


async def test_error_about_another_kind_of_session_is_the_tools() -> None:
    answers = {"400 Bad Request": "It needs a seat", "200 OK": "The booking session is over"}
    statuses = iter(answers)

    async def respond(head, request, writer) -> None:
        if request.get("method") == "tools/call":
            error = {"code": -32000, "message": answers[status := next(statuses)]}
            answer(writer, json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode(), status)
        elif not answer_basics(request, writer, [ECHO], "Mcp-Session-Id: 1"):
            answer(writer, b"", "405 Method Not Allowed")

    async with listen_http(respond) as url, open_session(connect_url(url), UpstreamLog(), ignore_change) as session:
        await session.list_all()
        for sentence in answers.values():
            with pytest.raises(DeskhandError, match=sentence):
                await session.call_tool("echo", {}, changes=True)
