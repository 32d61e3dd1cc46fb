"""`python -m tests.checks.mcp_fixture serve …`: Deskhand, whose MCP server has what the conformance suite asks for besides.

Door, guard, sessions, transport and the product's own tools are those of the program.
"""

import base64
import io
import wave
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, PromptsListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError
from PIL import Image

from server.__main__ import start
from server.commandline.root import build
from server.projections.mcp import server as product
from server.projections.mcp.dispatcher import ToolDispatcher
from server.sdk.cli import run
from tests.checks import mcp_inputs as inputs
from tests.checks.mcp_inputs import Answer, Context, text

Call = Callable[[Context, types.CallToolRequestParams], Awaitable[Answer]]
PAUSE = 0.05  # seconds, as the suite says


def draw() -> str:
    """One red pixel."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1), "red").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def record() -> str:
    """A moment of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes([128] * 8))
    return base64.b64encode(file.getvalue()).decode()


PIXEL, SOUND = draw(), record()
IMAGE = types.ImageContent(type="image", data=PIXEL, mime_type="image/png")
AUDIO = types.AudioContent(type="audio", data=SOUND, mime_type="audio/wav")


def embed(uri: str, words: str, kind: str = "text/plain") -> types.EmbeddedResource:
    return types.EmbeddedResource(type="resource", resource=types.TextResourceContents(uri=uri, mime_type=kind, text=words))


def words(content: str) -> types.TextContent:
    return types.TextContent(type="text", text=content)


MIXED = embed("test://mixed-content-resource", '{"test":"data","value":123}', "application/json")
CONTENTS: dict[str, list[Any]] = {
    "test_simple_text": [words("This is a simple text response for testing.")],
    "test_image_content": [IMAGE],
    "test_audio_content": [AUDIO],
    "test_embedded_resource": [embed("test://embedded-resource", "This is an embedded resource content.")],
    "test_multiple_content_types": [words("Multiple content types test:"), IMAGE, MIXED],
    "test_x_mcp_header": [words("It is as the header says.")],
    "json_schema_2020_12_tool": [words("ok")],
}
ADDRESS = {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}
WIDE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": ADDRESS},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
HEADED = {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}, "required": ["region"]}
ARGUMENTS: dict[str, dict[str, Any]] = {"json_schema_2020_12_tool": WIDE, "test_x_mcp_header": HEADED}
ARGUMENTS["test_sampling"] = {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]}
ARGUMENTS["test_elicitation"] = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}


async def log(context: Context, _: types.CallToolRequestParams) -> Answer:
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.session.send_log_message("info", line, related_request_id=context.request_id)
        await anyio.sleep(PAUSE)
    return text("It logged.")


async def progress(context: Context, _: types.CallToolRequestParams) -> Answer:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100)
        await anyio.sleep(PAUSE)
    return text("It went on.")


async def fail(_: Context, __: types.CallToolRequestParams) -> Answer:
    content = words("This tool intentionally returns an error for testing")
    return types.CallToolResult(content=[content], is_error=True)


async def show(_: Context, params: types.CallToolRequestParams) -> Answer:
    return types.CallToolResult(content=CONTENTS[params.name])


CALLS: dict[str, Call] = {
    **dict.fromkeys(CONTENTS, show),
    **dict.fromkeys(inputs.ROUNDS, inputs.take_round),
    "test_input_required_result_multi_round": inputs.take_rounds,
    "test_input_required_result_capabilities": inputs.take_able,
    "test_missing_capability": inputs.need_sampling,
    "test_tool_with_logging": log,
    "test_logging_tool": log,
    "test_tool_with_progress": progress,
    "test_error_handling": fail,
    "test_sampling": inputs.sample,
    "test_elicitation": inputs.ask_contact,
    "test_elicitation_sep1034_defaults": inputs.ask_defaults,
    "test_elicitation_sep1330_enums": inputs.ask_enums,
}
PROMPTS = {
    "test_simple_prompt": [words("This is a simple prompt for testing.")],
    "test_prompt_with_image": [IMAGE, words("Please analyze the image above.")],
    "test_input_required_result_prompt": [words("With what you said.")],
}
PROMPT_ARGUMENTS = {"test_prompt_with_arguments": ("arg1", "arg2"), "test_prompt_with_embedded_resource": ("resourceUri",)}
TEMPLATE = "test://template/{id}/data"
STATIC = "This is the content of the static text resource."


async def list_prompts(_: Context, __: Any) -> types.ListPromptsResult:
    def describe(name: str) -> types.Prompt:
        needed = [types.PromptArgument(name=argument, required=True) for argument in PROMPT_ARGUMENTS.get(name, ())]
        return types.Prompt(name=name, description="For the conformance suite.", arguments=needed)

    return types.ListPromptsResult(prompts=[describe(name) for name in (*PROMPTS, *PROMPT_ARGUMENTS)])


async def get_prompt(_: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult | types.InputRequiredResult:
    given = params.arguments or {}
    if params.name == "test_input_required_result_prompt":
        question = {"user_context": inputs.form("What context should the prompt use?", context="string")}
        if again := inputs.require(params, question):
            return again
    if params.name == "test_prompt_with_arguments":
        contents: list[Any] = [words(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")]
    elif params.name == "test_prompt_with_embedded_resource":
        embedded = embed(given.get("resourceUri", ""), "Embedded resource content for testing.")
        contents = [embedded, words("Please process the embedded resource above.")]
    else:
        contents = PROMPTS[params.name]
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=content) for content in contents])


async def list_resources(_: Context, __: Any) -> types.ListResourcesResult:
    kinds = {"test://static-text": "text/plain", "test://static-binary": "image/png", "test://watched-resource": "text/plain"}
    resources = [types.Resource(uri=uri, name=uri, description="For the suite.", mime_type=kind) for uri, kind in kinds.items()]
    return types.ListResourcesResult(resources=resources)


async def list_templates(_: Context, __: Any) -> types.ListResourceTemplatesResult:
    template = types.ResourceTemplate(uri_template=TEMPLATE, name="template", mime_type="application/json")
    return types.ListResourceTemplatesResult(resource_templates=[template])


async def read_resource(_: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri, name = params.uri, params.uri.removeprefix("test://template/").removesuffix("/data")
    if uri in {"test://static-text", "test://watched-resource"}:
        contents: Any = types.TextResourceContents(uri=uri, mime_type="text/plain", text=STATIC)
    elif uri == "test://static-binary":
        contents = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PIXEL)
    elif uri == TEMPLATE.format(id=name):
        data = f'{{"id":"{name}","templateTest":true,"data":"Data for ID: {name}"}}'
        contents = types.TextResourceContents(uri=uri, mime_type="application/json", text=data)
    else:
        raise MCPError(types.INVALID_PARAMS, "Resource not found", {"uri": uri})
    return types.ReadResourceResult(contents=[contents])


async def complete(_: Context, __: types.CompleteRequestParams) -> types.CompleteResult:
    return types.CompleteResult(completion=types.Completion(values=["paris", "park", "party"], total=3, has_more=False))


async def accept(_: Context, __: Any) -> types.EmptyResult:
    return types.EmptyResult()


def add_tools(server: Server[Any], bus: InMemorySubscriptionBus) -> None:
    """Put the suite's tools beside the product's."""
    listing, calling = server.get_request_handler("tools/list"), server.get_request_handler("tools/call")
    assert listing
    assert calling
    changes = {"test_trigger_tool_change": ToolsListChanged(), "test_trigger_prompt_change": PromptsListChanged()}

    async def list_tools(context: Context, params: types.PaginatedRequestParams) -> Any:
        listed = await listing.handler(context, params)
        nothing = {"type": "object", "properties": {}}
        more = [
            types.Tool(name=name, description="For the suite.", input_schema=ARGUMENTS.get(name, nothing))
            for name in (*CALLS, *changes)
        ]
        return listed.model_copy(update={"tools": [*listed.tools, *more]})

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> Any:
        if params.name in changes:
            await bus.publish(changes[params.name])
            return text("It changed.")
        return await CALLS.get(params.name, calling.handler)(context, params)

    server.add_request_handler("tools/list", types.PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", types.CallToolRequestParams, call_tool)
    known = server.get_tool_input_schema
    assert known
    server.get_tool_input_schema = lambda name: ARGUMENTS.get(name) or known(name)


def make_server(dispatcher: ToolDispatcher) -> Server[Any]:
    """The product's server with what the suite asks for besides."""
    server, bus = MAKE(dispatcher), InMemorySubscriptionBus()
    add_tools(server, bus)
    for method, kind, handler in (
        ("prompts/list", types.PaginatedRequestParams, list_prompts),
        ("prompts/get", types.GetPromptRequestParams, get_prompt),
        ("resources/list", types.PaginatedRequestParams, list_resources),
        ("resources/templates/list", types.PaginatedRequestParams, list_templates),
        ("resources/read", types.ReadResourceRequestParams, read_resource),
        ("resources/subscribe", types.SubscribeRequestParams, accept),
        ("resources/unsubscribe", types.UnsubscribeRequestParams, accept),
        ("logging/setLevel", types.SetLevelRequestParams, accept),
        ("completion/complete", types.CompleteRequestParams, complete),
        ("subscriptions/listen", types.SubscriptionsListenRequestParams, ListenHandler(bus)),
    ):
        server.add_request_handler(method, kind, handler)
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience="fixture"))
    return server


MAKE = product.make_server

if __name__ == "__main__":
    product.make_server = make_server
    run(build(start))
