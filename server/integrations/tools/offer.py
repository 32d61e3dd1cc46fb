"""Tools as operations: their names, and a router of dynamic operations for each server."""

import base64
import binascii
import json
import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.core.errors import InvalidInput, UpstreamFailed
from server.core.invisible import show_line
from server.core.sentences import Sentence
from server.core.text import shorten
from server.integrations.tools.callers import scope_of
from server.integrations.tools.files import FIELD, DescribedFiles, FileSlots, ToolFiles, find_slots
from server.integrations.tools.models import Block as UpstreamBlock
from server.integrations.tools.models import BlockKind, Tool, ToolResult
from server.integrations.tools.names import PublicName, ToolKey, assign_names, identify
from server.integrations.tools.schemas.portable import PortableSchema, make_portable
from server.integrations.tools.upstream import Upstream
from server.sdk.content import Block, Content
from server.sdk.dynamic import LONGEST_DESCRIPTION, RESERVED, DynamicOperations
from server.sdk.operation import Effect, Operation, Wording, require_allowed

PREFIX = "/tools"
LONGEST_ERROR = 1_000  # characters
CHANGED = "Its description or its parameters have changed since you accepted it. Review the change under Tools."
UNREADABLE = "[This part of the answer could not be read.]"
# Beginnings of errors by which servers made with the SDKs say in an answer that its arguments are invalid.
INVALID = re.compile(
    r"(?:MCP error -32602\b|Input validation error\b|Invalid arguments for tool\b|"
    r"(?:Error executing tool [^:]{1,200}: )?\d+ validation errors? for )"
)
LABELS = {"server", "tool", "note"}
PLAIN = re.compile(r"[a-z0-9_$@][A-Za-z0-9_$@.-]*")
KINDS = {BlockKind.image: "image", BlockKind.audio: "audio"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OfferedTool:
    """A tool under its names. `identity`: name of its operation, by which policies are stored.

    `unaccepted`: it is not what it was when it was listed first, or accepted since. `individual`: its server could do much.
    """

    key: ToolKey
    identity: str
    public: PublicName
    tool: Tool
    read_only: bool
    trusted: bool
    unaccepted: bool = False
    individual: bool = False

    @property
    def path(self) -> str:
        return f"{PREFIX}/{self.public.path}"


@dataclass(frozen=True)
class Offer:
    """Tools of one server in force. `schemas`: by identity of the tool."""

    upstream: Upstream
    tools: tuple[OfferedTool, ...]
    router: DynamicOperations
    schemas: Mapping[str, PortableSchema]
    instructions: str = ""


def name_tools(upstreams: Iterable[Upstream], reserved: Collection[str]) -> list[OfferedTool]:
    """Name the tools of all servers. One whose names another tool has, which takes malice, is left out."""
    listed = {
        ToolKey(upstream.config.id, tool.name): (upstream, tool)
        for upstream in upstreams
        for tool in upstream.list_tools()
        if upstream.is_offered(tool)
    }
    names = assign_names(listed, {*reserved, *RESERVED})
    used, offered = set(reserved), list[OfferedTool]()
    for key, (upstream, tool) in listed.items():
        marks = upstream.is_read_only(tool), upstream.is_trusted(tool), not upstream.is_known(tool), not upstream.risks.whole
        offer = OfferedTool(key, identify(key), names[key], tool, *marks)
        own = {offer.identity, offer.public.name, offer.path}
        if own & used:
            log.warning("A tool of an MCP server is not offered: another one has its name.")
            continue
        used |= own
        offered.append(offer)
    return offered


def make_offer(upstream: Upstream, tools: Sequence[OfferedTool], files: ToolFiles | None = None) -> Offer:
    """Make the operations of a server. Blocks. A tool that cannot be one is left out. `files`: fetches those of calls."""
    config = upstream.config
    scope, instructions = scope_of(config.id), upstream.instructions
    router = DynamicOperations(prefix=PREFIX, title=config.title, scope=scope, instructions=instructions)
    schemas: dict[str, PortableSchema] = {}
    for offered in tools:
        schema = make_portable(offered.tool.input_schema)
        try:
            add_tool(router, upstream, offered, schema, files)
        except InvalidInput:
            log.warning("A tool of an MCP server is not offered.", exc_info=True)
        else:
            schemas[offered.identity] = schema
    return Offer(upstream, tuple(tools), router, schemas, instructions)


def add_tool(
    router: DynamicOperations, upstream: Upstream, offered: OfferedTool, schema: PortableSchema, files: ToolFiles | None
) -> None:
    """Add the operation of a tool. Raises InvalidInput if it cannot be one."""
    tool, title = offered.tool, upstream.config.title
    sentence = describe_call(tool, title)
    slots = find_slots(tool.input_schema, schema.schema, schema.renamed) if files else FileSlots()

    async def use(arguments: dict[str, Any]) -> Content:
        if files and slots.slots:
            filled, described = await files.fill(slots, arguments, unasked=offered.read_only)
            require_allowed(foresee(arguments, described))
            arguments = filled
        return to_content(await upstream.call(tool, schema.restore(arguments)), title)

    async def preview(arguments: dict[str, Any]) -> Effect:
        return foresee(arguments, await files.describe(slots, arguments) if files and slots.slots else DescribedFiles())

    def foresee(arguments: dict[str, Any], described: DescribedFiles) -> Effect:
        shown = {name: value for name, value in arguments.items() if not (slots.slots and name == FIELD)}
        return foresee_call(upstream, offered, shown, described)

    operation = Operation(
        offered.identity,
        "",
        summarize(tool, title),
        changes=not offered.read_only,
        wording=Wording(shorten(tool.title or tool.name), shorten(tool.description), (sentence,)),
        destructive=not offered.read_only,
        idempotent=offered.read_only,
        open_world=True,
        trusted=offered.trusted,
        unaccepted=offered.unaccepted,
        individual=offered.individual,
        long=True,
        content=True,
        alias=offered.public.name if offered.public.name != offered.identity else "",
    )
    takes, shown = schema.schema, None
    if slots.slots:
        takes, shown = slots.extend(takes, {}), slots.extend(takes, {"type": "string"})
    router.add(operation, f"/{offered.public.path}", use, preview, takes, shown)


def foresee_call(upstream: Upstream, offered: OfferedTool, arguments: dict[str, Any], described: DescribedFiles) -> Effect:
    """Effect of a call. `arguments`: without its files."""
    tool, title = offered.tool, upstream.config.title
    fields = (
        (label(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in arguments.items()
    )
    changed = (("Note", CHANGED),) if offered.unaccepted else ()
    given = ((label(name), text) for name, text in described.fields)
    shown = (("Server", title), ("Tool", tool.name), *changed, *fields, *given)
    sentence = describe_call(tool, title)
    return Effect(sentence, shown, links=described.links, seal=upstream.fingerprint(tool), once=offered.unaccepted)


def label(argument: str) -> str:
    """Label an argument for the person: quoted, unless it is a plain name that none of Deskhand's own labels resembles."""
    return argument if PLAIN.fullmatch(argument) and argument.lower() not in LABELS else f"“{argument}”"


def summarize(tool: Tool, title: str) -> str:
    """Describe a tool in as many characters as an operation may have."""
    text = " ".join(show_line(tool.description or tool.title).split()) or f"Use {tool.name} of {title}."
    return text if len(text) <= LONGEST_DESCRIPTION else f"{text[: LONGEST_DESCRIPTION - 1]}…"


def describe_call(tool: Tool, title: str) -> Sentence:
    name, server = (shorten(text).replace("{", "(").replace("}", ")") for text in (tool.name, title))
    return Sentence(
        f"use {name} of “{server}”",
        f"is using {name} of “{server}”",
        f"used {name} of “{server}”",
        f"could not use {name} of “{server}”",
    )


def to_content(result: ToolResult, title: str) -> Content:
    """Convert an answer. Raises UpstreamFailed, or InvalidInput, with the server's message if the tool failed."""
    if result.failed:
        message = " ".join(result.text[: 10 * LONGEST_ERROR].split())[:LONGEST_ERROR]
        if INVALID.match(message):
            raise InvalidInput(f"“{title}” refused the arguments: {message}")
        raise UpstreamFailed(f"“{title}” reported an error: {message}")
    structured = result.structured if isinstance(result.structured, dict) else None
    return Content([convert_block(block) for block in result.blocks], structured)


def convert_block(block: UpstreamBlock) -> Block:
    """Convert a part of an answer."""
    if block.kind is BlockKind.text or (block.kind is BlockKind.resource and block.text):
        return Block("text", block.text)
    try:
        data = base64.b64decode(block.data, validate=True)
    except (binascii.Error, ValueError):
        return Block("text", UNREADABLE)
    kind = KINDS.get(block.kind) or block.mime_type.partition("/")[0]
    if data and kind in {"image", "audio"}:
        return Block("image" if kind == "image" else "audio", data=data, mime_type=block.mime_type)
    return Block("resource_link", block.text, data, block.mime_type, block.uri, block.name)
