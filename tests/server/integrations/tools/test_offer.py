import re

import pytest

from server.core.errors import Conflict, InvalidInput, UpstreamFailed
from server.integrations.tools.files import FIELD, ToolFiles
from server.integrations.tools.models import Block, BlockKind, Tool, ToolResult
from server.integrations.tools.names import ToolKey
from server.integrations.tools.offer import convert_block, identify, label, make_offer, name_tools, summarize, to_content
from server.sdk.dynamic import make_routes
from server.sdk.operation import operation_of, run_for
from tests.server.integrations.tools.test_files import BYTES, STRANGE, FetchStub
from tests.server.integrations.tools.test_upstream import CONFIG, make_upstream


def list_operations(upstream, reserved=frozenset()):
    offer = make_offer(upstream, name_tools([upstream], reserved))
    return {route.path: operation_of(route.endpoint) for route in offer.router.routes}


def test_tool_becomes_an_operation_that_asks():
    (operation,) = list_operations(make_upstream(tools=(Tool(name="get_leads", annotations={"readOnlyHint": True}),))).values()
    assert (operation.name, operation.public_name, operation.scope) == ("crm__get_leads", "get_leads", "use:crm")
    assert (operation.changes, operation.trusted, operation.destructive) == (True, False, True)
    assert (operation.long, operation.content, operation.open_world) == (True, True, True)


def test_identity_does_not_depend_on_other_tools():
    assert identify(ToolKey("crm", "get_leads")) == "crm__get_leads"
    assert identify(ToolKey("crm", "get leads")) != identify(ToolKey("crm", "get_leads"))


@pytest.mark.parametrize(
    "names", [("a b", f"a_b_{identify(ToolKey('crm', 'a b')).rpartition('_')[2]}"), ("a", "crm__a"), ("x", "X")]
)
def test_names_that_are_made_to_collide_break_nothing(names):
    upstream = make_upstream(tools=tuple(Tool(name=name) for name in names))
    offered = name_tools([upstream], frozenset())
    assert offered
    assert make_routes([((make_offer(upstream, offered).router,), lambda _: True)], ())


@pytest.mark.parametrize("name", ["send_mail", "search", "Send-Mail"])
def test_name_of_another_operation_is_prefixed(name):
    (operation,) = list_operations(make_upstream(tools=(Tool(name=name),)), frozenset({"send_mail"})).values()
    assert operation.public_name == f"crm__{name}"


@pytest.mark.parametrize("name", ["../x", "a/b", "%2e%2e", "a?b", "a\r\nb", "{a}", "é"])
def test_name_cannot_escape_its_path(name):
    ((path, operation),) = list_operations(make_upstream(tools=(Tool(name=name),))).items()
    assert path.startswith("/tools/")
    assert path.count("/") == 2
    assert operation.public_name.replace("_", "").replace("-", "").isalnum()


def test_tool_that_cannot_be_an_operation_is_left_out():
    broken = Tool(name="broken", input_schema={"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}})
    upstream = make_upstream(tools=(broken, Tool(name="good")))
    assert "/tools/good" in list_operations(upstream)


def test_description_is_cut():
    assert len(summarize(Tool(name="a", description="x" * 1000), "CRM")) == 300
    assert summarize(Tool(name="a"), "CRM") == "Use a of CRM."


def test_failure_has_the_message_of_the_server():
    failed = ToolResult(blocks=(Block(kind=BlockKind.text, text="No such lead.\nTry another."),), failed=True)
    with pytest.raises(UpstreamFailed, match=re.escape("“CRM” reported an error: No such lead. Try another.")):
        to_content(failed, CONFIG.title)


@pytest.mark.parametrize(
    ("block", "kind", "content"),
    [
        (Block(kind=BlockKind.text, text="a"), "text", "a"),
        (Block(kind=BlockKind.image, data="aGk=", mime_type="image/png"), "image", b"hi"),
        (Block(kind=BlockKind.resource, data="aGk=", mime_type="audio/wav"), "audio", b"hi"),
        (Block(kind=BlockKind.image, data="!", mime_type="image/png"), "text", "[This part of the answer could not be read.]"),
        (Block(kind=BlockKind.resource, text="a", uri="x:y"), "text", "a"),
        (Block(kind=BlockKind.link, uri="x:y"), "resource_link", "x:y"),
    ],
)
def test_parts_of_an_answer_are_converted(block, kind, content):
    converted = convert_block(block)
    assert converted.kind == kind
    assert content in {converted.text, converted.data, converted.uri}


@pytest.mark.parametrize(
    "text",
    [
        "Input validation error: 'query' is a required property",
        "MCP error -32602: Input validation error: Invalid arguments for tool get-sum: []",
        "Invalid arguments for tool get-sum: []",
        "Error executing tool add: 1 validation error for addArguments\na\n  Field required",
        "2 validation errors for call[add]\na\n  Missing required argument",
    ],
)
def test_arguments_that_the_server_calls_invalid_are_the_callers_fault(text):
    with pytest.raises(InvalidInput, match="refused the arguments"):
        to_content(ToolResult(blocks=(Block(kind=BlockKind.text, text=text),), failed=True), "CRM")


@pytest.mark.parametrize("text", ["The disk is full.", "I saw an Input validation error: yesterday", "3 errors", ""])
def test_other_failures_are_the_servers(text):
    with pytest.raises(UpstreamFailed, match="reported an error"):
        to_content(ToolResult(blocks=(Block(kind=BlockKind.text, text=text),), failed=True), "CRM")


def test_file_of_a_resource_keeps_its_bytes():
    block = Block(kind=BlockKind.resource, data="JVBERi0=", mime_type="application/pdf", uri="a://b")
    (shown,) = to_content(ToolResult(blocks=(block,)), "CRM").blocks
    assert (shown.kind, shown.data, shown.uri, shown.mime_type) == ("resource_link", b"%PDF-", "a://b", "application/pdf")


@pytest.mark.parametrize(
    "name", ["Note", "note", "Server", "TOOL", "Note\u200b", "N\u043ete", "Verified by Deskhand", "\u200bnote", "a b"]
)
def test_argument_is_not_labelled_as_deskhand_labels(name):
    assert label(name) == f"“{name}”"


@pytest.mark.parametrize("name", ["query", "maxResults", "_id", "$filter", "x.y-z", "2fa"])
def test_plain_argument_is_its_own_label(name):
    assert label(name) == name


async def test_person_sees_which_fields_are_arguments():
    upstream = make_upstream(tools=(Tool(name="a"),))
    router = make_offer(upstream, name_tools([upstream], ())).router
    operation = operation_of(router.routes[0].endpoint)
    effect = await operation.preview(None, {"Note": "x", "q": "y"})
    assert effect.fields == (("Server", upstream.config.title), ("Tool", "a"), ("“Note”", "x"), ("q", "y"))


async def test_file_that_is_another_one_by_now_is_not_passed_on():
    fetch, arguments = FetchStub(), {FIELD: [STRANGE]}
    upstream = make_upstream(tools=(Tool(name="a", input_schema={"type": "object", "properties": {"file": BYTES}}),))
    offered = name_tools([upstream], ())
    approved = await find_operation(upstream, offered, fetch).preview(None, arguments)
    fetch.content = b"something else"
    (route,) = make_offer(upstream, offered, ToolFiles(fetch)).router.routes
    with pytest.raises(Conflict, match="Nothing was"):
        await run_for(approved, route.endpoint.__wrapped__, {"request": None, "body": arguments})


def find_operation(upstream, offered, fetch):
    (route,) = make_offer(upstream, offered, ToolFiles(fetch)).router.routes
    return operation_of(route.endpoint)
