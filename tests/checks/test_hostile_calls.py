"""Calls that somebody else wanted: nothing leaves the mailbox and no program starts without the person's word."""

import asyncio
from collections.abc import Iterator

import pytest

from server.access.approvals.approval import ApprovalSettings
from server.storage.settings import Settings
from tests.checks.attacker import Attacker, make_attacker
from tests.checks.conftest import Process, SignedIn, signing_in, starting
from tests.checks.hostile import DISGUISES, EVE, LISTED, PATHS, UNLISTED, list_orders, mail
from tests.checks.hostile_requests import REQUESTS
from tests.checks.outside import Outside

AT_ONCE = 8  # of a client's ten calls that may wait


async def disable_wait(signed_in: SignedIn) -> None:
    await Settings(signed_in.data).write("approvals", ApprovalSettings(patience_seconds=0))


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedIn]:
    with signing_in(tmp_path_factory.mktemp("hostile") / "data") as signed_in:
        yield signed_in


@pytest.fixture(scope="module")
def server(signed_in) -> Iterator[Process]:
    asyncio.run(disable_wait(signed_in))  # a tool cannot say that it will not wait for the person
    with starting(signed_in.data) as start:
        yield start("--demo", DESKHAND_DEMO_GOOGLE="own").load()


@pytest.fixture
def outside(server, signed_in) -> Outside:
    return Outside(signed_in, server)


def find_prey(attacker: Attacker) -> dict[str, str]:
    """Ids of a mail that asks for bad things, of its thread, and of a draft."""
    bad = attacker.call("search_mail", {"query": '"Access card renewal"'}).json()["messages"][0]
    draft = attacker.call("list_drafts", {}).json()["drafts"][0]
    return {"message": bad["id"], "thread": bad["thread_id"], "draft": draft["draft_id"]}


def test_hostile_calls_are_numerous() -> None:
    orders = list_orders({"message": "1", "thread": "1", "draft": "1"})
    assert len(orders) + 8 * len(PATHS) + len(REQUESTS) + len(DISGUISES) + len(UNLISTED) >= 400


def test_hostile_call_without_permission_has_no_effect(server, outside) -> None:
    attacker = make_attacker(server)
    orders = list_orders(find_prey(attacker))
    before, made = outside.history(), 0
    for number, order in enumerate(orders):
        if number % AT_ONCE == 0:
            attacker = make_attacker(server)
        answer = attacker.call(order.operation, order.arguments)
        made += 1
        assert answer.status_code in {202, 403, 404, 409, 422}, f"{order.title}: {answer.text}"
        assert (outside.reached(), outside.history()) == ([], before), order.title
        assert order.operation != "control_app" or outside.started() == [], order.title
    assert made > 90


def test_hostile_mcp_tool_call_without_permission_has_no_effect(server, outside, long) -> None:
    attacker = make_attacker(server)
    orders = list_orders(find_prey(attacker))[:: 1 if long else 3]
    before = outside.history()
    for number, order in enumerate(orders):
        if number % AT_ONCE == 0:
            attacker = make_attacker(server)
        result = attacker.use_tool(order.operation, order.arguments)
        assert result.get("isError") or result["structuredContent"]["status"] == "pending", f"{order.title}: {result}"
        assert (outside.reached(), outside.history()) == ([], before), order.title
    assert outside.started() == []


def test_mcp_tool_argument_cannot_change_the_path(server, outside) -> None:
    attacker = make_attacker(server, allow=["archive_mail", "trash_mail", "delete_draft", "mark_mail"], rate="none")
    prey, before = find_prey(attacker), outside.history()
    for text in (path.format(**prey) for path in PATHS):
        for name, arguments in (
            ("archive_mail", {"message_id": text}),
            ("trash_mail", {"message_id": text}),
            ("delete_draft", {"draft_id": text}),
            ("mark_mail", {"message_id": text, "unread": False}),
            ("read_mail", {"message_id": text}),
            ("read_app", {"app_name": text}),
            ("fetch", {"id": f"mail:{text}"}),
            ("read_approval", {"approval_id": text}),
        ):
            result = attacker.use_tool(name, arguments)
            assert result.get("isError"), f"{name} of {text!r}: {result}"
    assert (outside.reached(), outside.history(), outside.started()) == ([], before, [])


def test_malformed_request_has_no_effect(server, outside) -> None:
    before = outside.history()
    owner = make_attacker(server, "owner", allow=["send_mail", "control_app"])
    for number, raw in enumerate(REQUESTS):
        if number % AT_ONCE == 0:
            attacker = make_attacker(server, "hostile" if number == 0 else "")
            response = attacker.call("send_mail", mail(to=EVE, subject=f"Expires {number}"))
        answer = attacker.send_raw(raw, response.json().get("approval_id", "call-1"))
        assert answer.startswith(b"HTTP/1.1 "), raw.title
        assert not answer.startswith(b"HTTP/1.1 5"), f"{raw.title}: {answer[:200]!r}"
        assert (outside.reached(), outside.history()) == ([], before), raw.title
    assert outside.started() == []
    clients = {client["name"]: client for client in server.person("GET", "/api/clients").json()}
    assert "eve" not in clients
    assert clients[owner.name]["calls_today"] == 0
    assert clients["hostile"]["operations"]["send_mail"] == "ask"
    assert server.person("GET", "/api/origins").json()["allowed"] == []


def test_unlisted_program_never_starts_even_if_everything_is_allowed(server, outside) -> None:
    attacker = make_attacker(server, allow=["control_app"])
    for title, order in UNLISTED.items():
        answer = attacker.call("control_app", order)
        assert answer.status_code in {403, 404, 409, 422}, f"{title}: {answer.text}"
        assert outside.started() == [], title
    assert attacker.call("control_app", LISTED["a listed program"]).status_code == 200
    assert [line[-1] for line in outside.started()] == ["3601"]
    attacker.call("control_app", LISTED["a listed program"] | {"action": "stop"})


def test_prompt_injection_in_a_mail_sends_nothing(server, outside) -> None:
    model = make_attacker(server)
    messages = model.call("search_mail", {"query": "invoice"}).json()["messages"]
    assert messages
    for message in messages:
        text = model.call("read_mail", {"message_id": message["id"]}).json()["body"]
        answer = model.call("send_mail", {"to": "collector@example.net", "subject": "Fwd", "body": text})
        assert answer.status_code in {202, 403, 429}
    assert outside.reached() == []
