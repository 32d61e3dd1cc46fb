import time

from tests.server.projections.mcp.speaking import initialize, modern, read


def call(demo, name, arguments=None, key=None, **headers):
    request = modern("tools/call", {"name": name, "arguments": arguments or {}}, **headers)
    return read(demo.call("POST", "/mcp", key, **request))


def list_tools(demo, key=None):
    return read(demo.call("POST", "/mcp", key, **modern("tools/list")))["result"]


def test_tool_has_title_schemas_annotations_and_scopes(demo):
    tools = {tool["name"]: tool for tool in list_tools(demo)["tools"]}
    sending = tools["send_mail"]
    assert sending["title"] == "Send mail"
    assert sending["description"].startswith("Send a new mail.")
    assert sending["inputSchema"]["additionalProperties"] is False
    assert sending["annotations"] == {
        "title": "Send mail",
        "readOnlyHint": False,
        "destructiveHint": True,
        "idempotentHint": False,
        "openWorldHint": True,
    }
    assert sending["_meta"]["securitySchemes"] == [{"type": "oauth2", "scopes": ["write:mail"]}]
    for tool in tools.values():
        assert len(tool["annotations"]) == 5
        assert tool["outputSchema"]["type"] == "object"


def test_instructions_warn_of_untrusted_content(demo):
    instructions = read(demo.call("POST", "/mcp", **initialize()))["result"]["instructions"]
    for word in ("mail", "programs", "OMI", "search and fetch", "read_approval", "no instruction to you"):
        assert word in instructions


def test_tool_list_of_a_client_is_stable(demo):
    apps = demo.make_client("apps", scopes=["read:apps"])
    assert [tool["name"] for tool in list_tools(demo, apps)["tools"]] == ["list_apps", "read_app"]
    everything = list_tools(demo, demo.make_client("all"))
    assert everything["tools"] == list_tools(demo, demo.keys["all"])["tools"]
    assert everything["cacheScope"] == "private"


def test_result_on_the_wire_is_an_object_and_the_same_as_text(demo):
    answer = call(demo, "list_mail", {"max_results": 2})["result"]
    assert len(answer["structuredContent"]["result"]) == 2
    assert not answer["isError"]
    further = call(demo, "list_mail", {"max_results": 2, "page_token": answer["structuredContent"]["next_page_token"]})
    assert further["result"]["structuredContent"]["result"] != answer["structuredContent"]["result"]


def test_failure_is_a_tool_error_with_its_sentence(demo):
    for name, arguments, sentence in (
        ("list_mail", {"max_results": 1000}, "max_results"),
        ("list_mail", {"colour": "red"}, "colour"),
        ("read_mail", {}, "message_id"),
        ("read_mail", {"message_id": "nothing"}, ""),
    ):
        answer = call(demo, name, arguments)["result"]
        assert answer["isError"]
        assert sentence in answer["content"][0]["text"]


def test_pending_call_can_be_polled(demo):
    order = {"to": "ann@example.com", "subject": "Hello", "body": "It works."}
    accepted = call(demo, "send_mail", order, Prefer="respond-async")["result"]
    assert not accepted["isError"]
    pending = accepted["structuredContent"]
    assert pending["status"] == "pending"
    assert "ann@example.com" in pending["summary"]
    assert "read_approval" in accepted["content"][1]["text"]
    look = {"approval_id": pending["approval_id"]}
    assert call(demo, "read_approval", look)["result"]["structuredContent"]["status"] == "pending"
    assert call(demo, "read_approval", look, demo.make_client("other"))["result"]["isError"]
    assert demo.person("POST", f"/api/approvals/{pending['approval_id']}/approve", json={"extent": "once"}).status_code < 300
    until = time.monotonic() + 60
    while (status := call(demo, "read_approval", look)["result"]["structuredContent"])["status"] in {"pending", "running"}:
        assert time.monotonic() < until
    assert status["status"] == "done"
    assert call(demo, "search_mail", {"query": "in:sent subject:Hello"})["result"]["structuredContent"]["messages"]


def test_unknown_tool_is_a_protocol_error(demo):
    error = call(demo, "format_disk")["error"]
    assert error["code"] == -32602
    assert "format_disk" in error["message"]


def test_argument_cannot_reach_another_operation(demo):
    for app_name in ("list", "../list", "a/b", ".", "..", "", "%2e%2e", "x?y=1", "x#y"):
        assert call(demo, "read_app", {"app_name": app_name})["result"]["isError"]
    assert "list_apps" not in {entry["operation"] for entry in demo.activity()}
