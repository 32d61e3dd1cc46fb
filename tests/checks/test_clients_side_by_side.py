"""GPTs with Actions and apps over MCP use the same person's account at the same time, each as far as the person lets it."""

import asyncio
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.access.approvals.approval import ApprovalSettings
from server.access.oauth.models import OAuthSettings
from server.storage.settings import Settings
from tests import loopback
from tests.checks.conftest import Process, SignedIn
from tests.checks.consent import run_command, visit
from tests.checks.hostile import mail
from tests.checks.mutations import example
from tests.checks.oauth_apps import Gpt, TokenStorage, make_gpt, open_app
from tests.checks.outside import Outside
from tests.checks.waiting import until


async def prepare(signed_in: SignedIn, access_seconds: float) -> None:
    """Nobody is waited for, and a token does not live long."""
    settings = Settings(signed_in.data)
    await settings.write("approvals", ApprovalSettings(patience_seconds=0))
    await settings.write("oauth", OAuthSettings(registration_allowed=True, access_seconds=access_seconds))


@pytest.fixture
def server(start, signed_in) -> Process:
    asyncio.run(prepare(signed_in, access_seconds=3600))
    return start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own").load()


def make_arguments(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Plausible arguments for a tool or an operation, with what there is where it asks for it."""
    wanted = schema.get("required", [])
    return {name: known.get(name, example(schema, part)) for name, part in schema.get("properties", {}).items() if name in wanted}


async def use_every_tool(app: Any) -> dict[str, Any]:
    """Call each tool once, and answer what each answered. Whatever is wrong is a tool's error, in a sentence."""
    listed = (await app.list_tools()).tools
    mails = (await app.call_tool("search_mail", {"query": "in:inbox has:attachment"})).structured_content["messages"]
    drafts = (await app.call_tool("list_drafts", {})).structured_content["drafts"]
    whole = (await app.call_tool("read_mail", {"message_id": mails[0]["id"]})).structured_content
    known = {
        "message_id": mails[0]["id"],
        "thread_id": mails[0]["thread_id"],
        "attachment_id": whole["attachments"][0]["attachment_id"],
        "draft_id": drafts[0]["draft_id"],
        "app_name": "demo-clock",
        "action": "start",
        "query": "invoice",
        "id": f"mail:{mails[0]['id']}",
        "approval_id": "call-0123456789abcdef",
    }
    return {tool.name: await app.call_tool(tool.name, make_arguments(tool.input_schema, known)) for tool in listed}


def check_answers(answers: dict[str, Any]) -> None:
    assert {"send_mail", "list_mail", "control_app", "search", "fetch"} <= answers.keys()
    for name, answer in answers.items():
        failed = getattr(answer, "is_error", False)
        if failed:
            assert re.search(r"[.!]$", answer.content[0].text.strip()), f"{name}: {answer}"
        else:
            assert answer.structured_content is not None, name
    assert len([name for name, answer in answers.items() if not getattr(answer, "is_error", False)]) > len(answers) / 2


def use_every_operation(gpt: Gpt) -> dict[str, int]:
    """Call each operation of a GPT's document once, and answer the statuses."""
    document = gpt.import_document()
    statuses = {}
    for item in document["paths"].values():
        for operation in item.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            arguments = example(document, body) or {}
            arguments |= {part["name"]: "18f0a1b2c3d4e5f6" for part in operation.get("parameters", []) if part["in"] == "path"}
            statuses[operation["operationId"]] = gpt.call(operation["operationId"], arguments).status_code
    return statuses


def test_clients_are_limited_to_their_own_permissions(server, signed_in) -> None:
    outside = Outside(signed_in, server)
    trusted = make_gpt(server, "trusted", "body", "--allow", "send_mail")
    careful = make_gpt(server, "careful", "header", "--deny", "send_mail")
    for gpt in (trusted, careful):
        gpt.sign_in()

    async def use_app() -> tuple[dict[str, Any], Any]:
        async with open_app(server, TokenStorage()) as app:
            pending = await app.call_tool("send_mail", mail(to="ann@example.com"))
            return await use_every_tool(app), pending

    with ThreadPoolExecutor(3) as pool:
        app = pool.submit(asyncio.run, use_app())
        others = [pool.submit(use_every_operation, gpt) for gpt in (trusted, careful)]
        answers, pending = app.result()
        trusted_statuses, careful_statuses = (other.result() for other in others)
    check_answers(answers)
    assert pending.structured_content["status"] == "pending"
    assert "send_mail" in trusted_statuses and "send_mail" not in careful_statuses
    statuses = {*trusted_statuses.values(), *careful_statuses.values()}
    assert not {status for status in statuses if status in {401, 403} or status >= 500}
    sent = [client.call("send_mail", mail(to="tom@example.com")) for client in (trusted, careful)]
    assert [answer.status_code for answer in sent] == [200, 403]
    assert "tom@example.com" in outside.reached()
    assert "ann@example.com" not in outside.reached()
    assert "ann@example.com" in run_command(server, "approvals", "list"), "what the app wants waits for the person"


def test_fastmcp_signs_in_and_calls_every_tool(server, monkeypatch) -> None:
    from fastmcp import Client
    from fastmcp.client.auth import OAuth

    with ThreadPoolExecutor(1) as browser:

        def open_browser(address: str) -> bool:
            browser.submit(lambda: loopback.get(visit(server, address)))
            return True

        monkeypatch.setattr("webbrowser.open", open_browser)

        async def use() -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it says that it keeps its tokens in memory
                auth = OAuth(f"{server.public}/mcp", callback_host="127.0.0.1")
            async with Client(f"{server.public}/mcp", auth=auth, timeout=60) as app:
                tools = await app.list_tools()
                assert {"send_mail", "search", "fetch"} <= {tool.name for tool in tools}
                for tool in tools:
                    answer = await app.call_tool(tool.name, make_arguments(tool.input_schema, {}), raise_on_error=False)
                    assert answer.content, tool.name

        asyncio.run(use())


def test_clients_refresh_their_tokens(start, signed_in) -> None:
    asyncio.run(prepare(signed_in, access_seconds=1))
    server = start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own")
    gpt = make_gpt(server, "gpt", "header")
    gpt.sign_in()
    until(lambda: gpt.call("list_apps", {}).status_code == 200 and gpt.refreshed >= 2)

    async def use_app(purse: TokenStorage) -> None:
        async with open_app(server, purse) as app:
            while purse.pairs < 3:
                assert not (await app.call_tool("list_apps", {})).is_error
                await asyncio.sleep(0.05)

    purse = TokenStorage()
    asyncio.run(asyncio.wait_for(use_app(purse), 30))
    assert purse.tokens
