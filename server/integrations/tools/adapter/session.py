"""One session with an upstream server: persistent, and shared by all calls of one identity."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import mcp_types as types
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from server.core.errors import Conflict, DeskhandError, Unavailable, UpstreamFailed, UpstreamTimedOut
from server.core.version import read_version
from server.integrations.tools.adapter.changes import follow_changes, is_list_change
from server.integrations.tools.adapter.content import convert, convert_blocks, convert_result
from server.integrations.tools.adapter.elicitation import Elicitation, list_pages_to_visit
from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.adapter.errors import FORGOTTEN, explain, is_answered, is_forgotten, list_leaves
from server.integrations.tools.adapter.http import LARGEST_ANSWER, make_client
from server.integrations.tools.adapter.listing import (
    LONGEST_INSTRUCTIONS,
    MOST_TOOLS,
    Page,
    ToolFilter,
    clean,
    convert_tools,
    list_pages,
)
from server.integrations.tools.adapter.messages import InspectedStream
from server.integrations.tools.adapter.other_lists import list_others
from server.integrations.tools.adapter.progress import make_report
from server.integrations.tools.adapter.stdio import open_process
from server.integrations.tools.hidden import hides_text
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Ask, Block, BlockKind, Catalog, Connection, ServerInfo, ToolResult, Transport
from server.sdk.progress import current_report

if TYPE_CHECKING:
    from server.integrations.tools.adapter.oauth import SessionAuth

T = TypeVar("T")
OPEN_SECONDS = 60.0  # to start and to introduce itself; npx and uvx may have to download first
LIST_SECONDS = 30.0  # for all pages of everything
CALL_SECONDS = 600.0
UNANSWERED = "[The server asked the person something. {why} This answer may be incomplete.]"
UNKNOWN = "It is not known whether it was done. Look before you repeat it."
VISIT = "“{title}” needs the person to finish something in the browser, which they were asked about. Call it again afterwards."


class Session:
    """Session with one server. `latency`: seconds that the last answer took."""

    def __init__(
        self, connection: Connection, client: Client, ending: Ending, filtered: ToolFilter, elicitation: Elicitation
    ) -> None:
        self._connection, self._client, self._ending, self._filtered = connection, client, ending, filtered
        self._elicitation = elicitation
        self._listing = asyncio.Lock()
        self.latency: float | None = None

    @property
    def info(self) -> ServerInfo:
        """How the server describes itself."""
        described, capabilities = self._client.server_info, self._client.server_capabilities
        return ServerInfo(
            name=clean(described.name if described else "", 200),
            version=clean(described.version if described else "", 100),
            protocol=self._client.protocol_version,
            instructions=clean(self._client.instructions, LONGEST_INSTRUCTIONS),
            tools=capabilities.tools is not None,
            resources=capabilities.resources is not None,
            prompts=capabilities.prompts is not None,
        )

    async def wait_ended(self) -> str:
        """Wait for the end of the session and return its reason."""
        return await self._ending.wait()

    async def list_all(self) -> Catalog:
        """List everything that the server offers."""
        async with self._listing:
            return await self._request(self._list_all(), LIST_SECONDS)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], seconds: float = CALL_SECONDS, *, changes: bool = False
    ) -> ToolResult:
        """Call a tool. The server is notified when the caller is cancelled or the time is over.

        `changes`: the tool changes something, so an error without an answer says that the outcome is unknown.
        """
        refused, report = len(self._elicitation.refusals), make_report(current_report.get())
        call = self._client.call_tool(name, arguments, read_timeout_seconds=seconds, progress_callback=report)
        try:
            result = await self._request(self._elicitation.during(call), seconds + 5)
        except (UpstreamFailed, UpstreamTimedOut, Unavailable) as error:
            await self._ask_to_visit(error)
            if changes and error.__cause__ and not is_answered(error.__cause__, self._ending):
                raise type(error)(f"{error.detail} {UNKNOWN}", uncertain=True) from error.__cause__
            raise
        converted = await convert(result.content, convert_result, result, self._connection.error_prefixes)
        if len(self._elicitation.refusals) > refused:
            note = Block(kind=BlockKind.text, text=UNANSWERED.format(why=self._elicitation.refusals[-1]))
            return converted.model_copy(update={"blocks": (*converted.blocks, note)})
        return converted

    async def _ask_to_visit(self, error: DeskhandError) -> None:
        """Ask the person to visit the page that a failed call needs, if it does. Raises Conflict if they agreed to."""
        for question in list_pages_to_visit(error.__cause__):
            if (await self._elicitation.during(self._elicitation.put(question))).action == "accept":
                raise Conflict(VISIT.format(title=self._connection.title))

    async def read_resource(self, uri: str, seconds: float = LIST_SECONDS) -> tuple[Block, ...]:
        """Read a resource."""
        result = await self._request(self._elicitation.during(self._client.read_resource(uri)), seconds)
        return await convert(result.contents, convert_blocks, result.contents)

    async def get_prompt(self, name: str, arguments: dict[str, str], seconds: float = LIST_SECONDS) -> tuple[Block, ...]:
        """Return the messages of a prompt."""
        result = await self._request(self._elicitation.during(self._client.get_prompt(name, arguments)), seconds)
        contents = [message.content for message in result.messages]
        return await convert(contents, convert_blocks, contents)

    async def _request(self, request: Awaitable[T], seconds: float) -> T:
        """Await an answer. Raises an error of ours with a sentence."""
        began = monotonic()
        try:
            async with asyncio.timeout(seconds):
                result = await request
        except Exception as error:
            if any(is_forgotten(leaf, self._ending) for leaf in list_leaves(error)):
                self._ending.set(FORGOTTEN)  # another session is opened
            raise explain(error, self._connection.title, self._ending) from error
        self.latency = monotonic() - began
        return result

    async def _list_all(self) -> Catalog:
        info, client = self.info, self._client
        self._filtered.reset()

        async def fetch_tools(cursor: str | None) -> Page:
            page = await client.list_tools(cursor=cursor)
            return list(page.tools), page.next_cursor

        listed, cut = await list_pages(fetch_tools, MOST_TOOLS) if info.tools else ([], False)
        tools, notes = await asyncio.to_thread(convert_tools, listed, self._filtered)
        if hides_text(client.instructions or "", LONGEST_INSTRUCTIONS):
            notes.append("Hidden text was removed from its instructions.")
        if cut or self._filtered.left_out:
            notes.insert(0, f"It lists more than {MOST_TOOLS} tools, too large ones, or without end; {len(tools)} are offered.")
        if self._filtered.unreadable:
            notes.append(f"{self._filtered.unreadable} of its tools cannot be read and are left out.")
        return Catalog(tools=tuple(tools), **await list_others(client, info, notes), notes=tuple(notes))


@asynccontextmanager
async def open_session(
    connection: Connection,
    log: UpstreamLog,
    on_change: Callable[[], None],
    auth: "SessionAuth | None" = None,
    ask: Ask | None = None,
) -> AsyncIterator[Session]:
    """Open a session; it must be closed by the same task. `on_change`: the server's lists have changed.

    `ask`: puts a question of the server to the person; without it, questions are declined.

    Raises an error of ours if the server cannot be reached or does not introduce itself.
    """
    ending, filtered = Ending(), ToolFilter()
    if auth:
        ending.explain = auth.sign_in.explain

    async def handle(message: Any) -> None:
        if is_list_change(message):
            on_change()

    elicitation = Elicitation(ask, log)
    client = Client(
        inspect_messages(open_transport(connection, log, ending, auth), ending, filtered),
        read_timeout_seconds=OPEN_SECONDS,
        message_handler=handle,
        elicitation_callback=elicitation.answer,
        client_info=types.Implementation(name="deskhand", version=read_version()),
        cache=None,
    )
    try:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(OPEN_SECONDS):
                await stack.enter_async_context(client)
            following = asyncio.create_task(follow_changes(client, on_change))
            try:
                yield Session(connection, client, ending, filtered, elicitation)
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
    except DeskhandError:
        raise
    except Exception as error:
        raise explain(error, connection.title, ending) from error


@asynccontextmanager
async def inspect_messages(
    transport: AbstractAsyncContextManager[tuple[Any, Any]], ending: Ending, filtered: ToolFilter
) -> AsyncIterator[tuple[Any, Any]]:
    """Inspect what comes through a transport."""
    async with transport as (read_stream, write_stream):
        yield InspectedStream(read_stream, ending, filtered.inspect), write_stream


@asynccontextmanager
async def open_transport(
    connection: Connection, log: UpstreamLog, ending: Ending, auth: "SessionAuth | None"
) -> AsyncIterator[tuple[Any, Any]]:
    """Open the transport of a connection."""
    async with AsyncExitStack() as stack:
        if connection.transport is Transport.stdio:
            yield await stack.enter_async_context(open_process(connection, log, ending))
            return
        http = make_client(connection, ending, auth)
        if connection.transport is Transport.http:
            await stack.enter_async_context(http)
            opened = streamable_http_client(connection.url, http_client=http, max_sse_event_size=LARGEST_ANSWER)
        else:  # enters the client itself
            opened = sse_client(connection.url, httpx_client_factory=lambda *_, **__: http)
        yield await stack.enter_async_context(opened)
