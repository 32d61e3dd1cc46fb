"""MCP as others understand it: the conformance suite, the inspector, the SDK's client and fastmcp's."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from fastmcp import Client as FastClient
from fastmcp.client.transports import StreamableHttpTransport
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests import loopback
from tests.checks.conftest import Node, Process, starting

REVISIONS = ("2026-07-28", "2025-11-25")
EVERYTHING = ["send_mail", "reply_to_mail", "save_attachment", "create_draft", "update_draft", "delete_draft", "send_draft"]
EVERYTHING += ["label_mail", "mark_mail", "archive_mail", "trash_mail", "untrash_mail", "control_app"]
EVERYTHING += ["delete_conversation", "mark_action_item"]
EVERYTHING += ["create_project", "create_chat", "send_message", "complete_chat", "sync_chats"]
EVERYTHING += ["submit_prompt", "replay_prompt"]
NEEDS_NO_FIXTURE = {
    "2026-07-28": {"tools-list", "server-sse-multiple-streams", "dns-rebinding-protection", "sep-2164-resource-not-found"}
    | {"http-header-validation"},
    "2025-11-25": {"server-initialize", "ping", "tools-list", "server-sse-multiple-streams", "dns-rebinding-protection"}
    | {"server-session-lifecycle"},
}
NOTHING_WAITS = {"read_approval", "read_job", "cancel_job"}  # tests of their own look at what waits
TASKS = re.compile(r"tasks-")  # an extension, and experimental
RESULT_LINE = re.compile(r"^([✓✗]) ([\w-]+): (\d+) passed", re.MULTILINE)

Call = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A demo in which somebody wears an OMI."""
    with starting(tmp_path_factory.mktemp("demo") / "data") as start:
        yield start("--demo", DESKHAND_DEMO_OMI="talking").load()


def judge(node: Node, server: Any, revision: str) -> dict[str, bool]:
    """Which scenarios of the conformance suite pass; the suite's own exit code says whether all do."""
    key = server.make_client(f"suite-{revision}")
    script = node.find_program("conformance")
    arguments = ["server", "--url", f"{server.public}/mcp", "--requirements", revision, "--timeout", "60000"]
    carrying = {**node.environment, "DESKHAND_KEY": key}
    done = node.run("--import", "./carry_key.mjs", str(script), *arguments, env=carrying)
    return {name: mark == "✓" for mark, name, _ in RESULT_LINE.findall(done.stdout)} | {"all": done.returncode == 0}


@pytest.mark.parametrize("revision", REVISIONS)
def test_mcp_conformance_of_the_server_succeeds(demo, node: Node, revision: str) -> None:
    passed = judge(node, demo, revision)
    assert {name for name in NEEDS_NO_FIXTURE[revision] if not passed.get(name)} == set()


@pytest.mark.parametrize("revision", REVISIONS)
def test_mcp_conformance_with_the_tools_of_the_suite_succeeds(start, node: Node, revision: str) -> None:
    passed = judge(node, start("--demo", module="tests.checks.mcp_fixture").load(), revision)
    assert {name for name, well in passed.items() if not well and not TASKS.match(name)} <= {"all"}
    assert passed["all"]
    assert len(passed) > 30


def test_mcp_inspector_accepts_every_schema(demo, node_tool, node: Node, tmp_path) -> None:
    for name, order in (("everything", {}), ("reader", {"scopes": ["read:mail"]})):
        key = demo.make_client(name, **order)
        arguments = ["--cli", f"{demo.public}/mcp", "--transport", "http", "--method", "tools/list", "--strict"]
        home = {**node.environment, "HOME": str(tmp_path), "MCP_CATALOG_PATH": str(tmp_path / "mcp.json")}
        done = node_tool("mcp-inspector")(*arguments, "--header", f"Authorization: Bearer {key}", env=home)
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["tools"]) > 10


async def call_everything(call: Call) -> set[str]:
    """Call every tool with what the others answered, and tell which were called."""
    called = set()

    async def use(tool: str, /, **arguments: Any) -> Any:
        called.add(tool)
        return await call(tool, arguments)

    await read_everything(use)
    await change_everything(use)
    await hold_chats(use)
    await queue_prompts(use)
    return called


async def read_everything(use: Call) -> None:
    results = await use("search", query="lisbon")
    assert (await use("fetch", id=results["results"][0]["id"]))["text"]
    mail = (await use("list_mail", max_results=3))["result"][0]
    assert (await use("read_mail", message_id=mail["id"]))["body"]
    await use("search_mail", query="in:inbox")
    await use("read_thread", thread_id=mail["thread_id"])
    for name in ("summarize_unread", "list_labels", "list_drafts", "read_gmail_status", "read_sign_in_address", "list_apps"):
        await use(name)
    for name in ("list_day_summaries", "read_live_transcript"):
        await use(name)
    await use("read_app", app_name="demo-clock")


async def change_everything(use: Call) -> None:
    entry = (await use("search_mail", query="has:attachment"))["messages"][0]
    file = (await use("read_mail", message_id=entry["id"]))["attachments"][0]["attachment_id"]
    for name in ("read_attachment", "save_attachment"):
        await use(name, message_id=entry["id"], attachment_id=file)
    assert (await use("send_mail", to="ann@example.com", subject="Hello", body="It works."))["success"]
    await use("reply_to_mail", thread_id=entry["thread_id"], body="Thank you.")
    await use("label_mail", message_id=entry["id"], add=["STARRED"])
    await use("mark_mail", message_id=entry["id"], unread=True)
    for name in ("archive_mail", "trash_mail", "untrash_mail"):
        await use(name, message_id=entry["id"])
    for end in ("send_draft", "delete_draft"):
        draft = (await use("create_draft", to="ann@example.com", subject="Later"))["draft_id"]
        await use("update_draft", draft_id=draft, to="ann@example.com", subject="Later", body="Soon.")
        await use("read_draft", draft_id=draft)
        await use(end, draft_id=draft)
    async with asyncio.timeout(30):  # the demo's wearable sends them by and by
        while not (items := (await use("list_action_items"))["action_items"]):
            await asyncio.sleep(0.2)
    item = items[0]
    await use("mark_action_item", item_id=item["id"], completed=True)
    talk = (await use("list_conversations"))["conversations"][0]["id"]
    assert (await use("read_conversation", conversation_id=talk))["transcript"]
    await use("delete_conversation", conversation_id=talk)
    for action in ("start", "stop"):
        assert (await use("control_app", app_name="demo-clock", action=action))["success"]


async def hold_chats(use: Call) -> None:
    for name in ("show_openai_status", "list_projects"):
        await use(name)
    await use("create_project", name="Trip")
    chat = (await use("create_chat", projectId="1", title="Lisbon", initialMessage="Where to?"))["data"]["conversationId"]
    await use("send_message", conversation_id=chat, message="And then?")
    for name, arguments in (("list_chats", {}), ("read_chat", {"chat_id": chat}), ("search_chats", {"query": "lisbon"})):
        await use(name, **arguments)
    await use("complete_chat", messages=[{"role": "user", "content": "Hello"}])
    run = (await use("sync_chats"))["result"]["jobId"]
    for name in ("read_sync", "cancel_sync"):
        await use(name, job_id=run)


async def queue_prompts(use: Call) -> None:
    prompt = (await use("submit_prompt", message="What is new?", chat_id="6c1"))["id"]
    await use("edit_prompt", prompt_id=prompt, message="What is new today?")
    for name, arguments in (("list_prompts", {}), ("list_prompt_chats", {}), ("read_prompt_chat", {"chat_id": "6c1"})):
        await use(name, **arguments)
    for name in ("cancel_prompt", "retry_prompt", "cancel_prompt", "read_prompt"):
        await use(name, prompt_id=prompt)
    await use("replay_prompt", prompt_id=prompt, model="gpt-6")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_mcp_sdk_client_calls_every_tool(demo, mode: str) -> None:
    carried = {"Authorization": f"Bearer {demo.make_client(f'sdk-{mode}', allow=EVERYTHING)}"}

    async with (
        loopback.AsyncClient(headers=carried) as http,
        Client(streamable_http_client(f"{demo.public}/mcp", http_client=http), mode=mode) as client,
    ):

        async def call(name: str, arguments: dict[str, Any]) -> Any:
            result = await client.call_tool(name, arguments)  # which holds the answer against the tool's own schema
            assert not result.is_error, (name, result.content)
            return result.structured_content

        offered = {tool.name for tool in (await client.list_tools()).tools}
        assert await call_everything(call) == offered - NOTHING_WAITS


async def test_fastmcp_client_calls_every_tool(demo) -> None:
    key = demo.make_client("fast", allow=EVERYTHING)

    transport = StreamableHttpTransport(f"{demo.public}/mcp", headers={"X-API-Key": key})
    async with FastClient(transport) as client:

        async def call(name: str, arguments: dict[str, Any]) -> Any:
            return (await client.call_tool(name, arguments)).structured_content  # which raises what a tool says is wrong

        assert await call_everything(call) == {tool.name for tool in await client.list_tools()} - NOTHING_WAITS


async def test_pending_tool_call_matches_its_output_schema_after_approval(demo) -> None:
    carried = {"Authorization": f"Bearer {demo.make_client('careful')}", "Prefer": "respond-async"}

    async with (
        loopback.AsyncClient(headers=carried, timeout=60) as http,
        Client(streamable_http_client(f"{demo.public}/mcp", http_client=http)) as client,
    ):
        result = await client.call_tool("send_mail", {"to": "ann@example.com", "subject": "Hello", "body": "It works."})
        assert result.structured_content["status"] == "pending"
        looked = await client.call_tool("read_approval", {"approval_id": result.structured_content["approval_id"]})
        assert looked.structured_content["status"] == "pending"
