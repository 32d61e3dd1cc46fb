"""Tools of the fixture server that need something of the client first: asked in the session, or as a result (2026-07-28)."""

import json
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

Context = ServerRequestContext[Any, Any]
Answer = types.CallToolResult | types.InputRequiredResult
KEPT = "kept"  # what a state says, once the SDK has opened it

OPTIONS = ["option1", "option2", "option3"]
TITLED = [{"const": f"value{number}", "title": f"{word} Option"} for number, word in enumerate(("First", "Second", "Third"), 1)]
ENUMS: dict[str, Any] = {
    "untitledSingle": {"type": "string", "enum": OPTIONS},
    "titledSingle": {"type": "string", "oneOf": TITLED},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": OPTIONS}},
    "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
}
DEFAULTS: dict[str, Any] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
CONTACT: dict[str, Any] = {
    "username": {"type": "string", "description": "User's response"},
    "email": {"type": "string", "description": "User's email address"},
}


def text(words: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=words)])


async def elicit(context: Context, message: str, fields: dict[str, Any], begin: str, required: tuple[str, ...] = ()) -> Answer:
    """Ask the person in the session."""
    schema = {"type": "object", "properties": fields, "required": list(required)}
    got = await context.session.elicit_form(message, schema, related_request_id=context.request_id)
    return text(f"{begin}: action={got.action}, content={json.dumps(got.content)}")


async def ask_contact(context: Context, params: types.CallToolRequestParams) -> Answer:
    message = str((params.arguments or {}).get("message", "Who?"))
    return await elicit(context, message, CONTACT, "User response", ("username", "email"))


async def ask_defaults(context: Context, _: types.CallToolRequestParams) -> Answer:
    return await elicit(context, "Look at these.", DEFAULTS, "Elicitation completed")


async def ask_enums(context: Context, _: types.CallToolRequestParams) -> Answer:
    return await elicit(context, "Choose.", ENUMS, "Elicitation completed")


async def sample(context: Context, params: types.CallToolRequestParams) -> Answer:
    prompt = types.TextContent(type="text", text=str((params.arguments or {}).get("prompt", "")))
    messages = [types.SamplingMessage(role="user", content=prompt)]
    got = await context.session.create_message(messages, max_tokens=100, related_request_id=context.request_id)
    return text(f"LLM response: {got.content.text if isinstance(got.content, types.TextContent) else ''}")


def form(message: str, **fields: str) -> types.ElicitRequest:
    """A question to the person, as a result has it."""
    schema = {"type": "object", "properties": {name: {"type": kind} for name, kind in fields.items()}, "required": [*fields]}
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def complete(prompt: str, tokens: int) -> types.CreateMessageRequest:
    """A question to the model, as a result has it."""
    messages = [types.SamplingMessage(role="user", content=types.TextContent(type="text", text=prompt))]
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=messages, max_tokens=tokens))


NAME = form("What is your name?", name="string")
ROOTS = types.ListRootsRequest()
ROUNDS: dict[str, tuple[dict[str, Any], bool]] = {  # what each tool asks for, and whether it gives a state
    "test_input_required_result_elicitation": ({"user_name": NAME}, False),
    "test_input_required_result_sampling": ({"capital_question": complete("What is the capital of France?", 100)}, False),
    "test_input_required_result_list_roots": ({"client_roots": ROOTS}, False),
    "test_input_required_result_request_state": ({"confirm": form("Please confirm", ok="boolean")}, True),
    "test_input_required_result_multiple_inputs": (
        {"user_name": NAME, "greeting": complete("Generate a greeting", 50), "client_roots": ROOTS},
        True,
    ),
    "test_input_required_result_tampered_state": ({"confirm": form("Please confirm", ok="boolean")}, True),
    "test_streaming_elicitation": ({"user_name": NAME}, False),
}


def require(
    params: types.InputResponseRequestParams, questions: dict[str, Any], *, keeps: bool = False
) -> types.InputRequiredResult | None:
    """Ask again until every question is answered as it should be."""
    got = params.input_responses or {}
    if set(questions) <= set(got) and all(fits(questions[name], got[name]) for name in questions):
        return None
    return types.InputRequiredResult(input_requests=questions, request_state=KEPT if keeps else None)


def fits(question: Any, got: Any) -> bool:
    """Return whether an answer matches its question."""
    if isinstance(question, types.ElicitRequest):
        return isinstance(got, types.ElicitResult)
    kind = types.ListRootsResult if isinstance(question, types.ListRootsRequest) else types.CreateMessageResult
    return isinstance(got, kind)


async def take_round(_: Context, params: types.CallToolRequestParams) -> Answer:
    """Ask for what a tool needs; once it is there, say what it was."""
    questions, keeps = ROUNDS[params.name]
    if again := require(params, questions, keeps=keeps):
        return again
    if keeps and params.request_state != KEPT:
        raise MCPError(types.INVALID_PARAMS, "The state is missing.")
    got = {name: response.model_dump(mode="json") for name, response in (params.input_responses or {}).items()}
    name = got.get("user_name", {}).get("content") or {}
    return text(f"Hello, {name.get('name', 'you')}! state-ok {json.dumps(got)}")


async def take_rounds(_: Context, params: types.CallToolRequestParams) -> Answer:
    """Ask twice, and remember in between what was said."""
    got = params.input_responses or {}
    if params.request_state == "second" and "step2" in got:
        return text("Both steps are done.")
    if params.request_state == "first" and "step1" in got:
        again = {"step2": form("Step 2: What is your favorite color?", color="string")}
        return types.InputRequiredResult(input_requests=again, request_state="second")
    step = {"step1": form("Step 1: What is your name?", name="string")}
    return types.InputRequiredResult(input_requests=step, request_state="first")


async def take_able(context: Context, params: types.CallToolRequestParams) -> Answer:
    """Ask only for what the client said that it can do."""
    able = context.session.client_capabilities or types.ClientCapabilities()
    questions: dict[str, Any] = {"who": NAME} if able.elicitation else {}
    questions |= {"greeting": complete("Generate a greeting", 50)} if able.sampling else {}
    return require(params, questions) or text("Thank you.")


async def need_sampling(context: Context, _: types.CallToolRequestParams) -> Answer:
    """Refuse a client that cannot sample."""
    able = context.session.client_capabilities
    if able and able.sampling:
        return text("It can.")
    need = types.MissingRequiredClientCapabilityErrorData(
        required_capabilities=types.ClientCapabilities(sampling=types.SamplingCapability())
    )
    data = need.model_dump(mode="json", by_alias=True, exclude_none=True)
    raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "It takes a client that can sample.", data)
