"""Tools of all servers, as they are offered."""

from collections.abc import Callable, Mapping
from typing import Any

from server.core.errors import NotFound
from server.core.text import shorten
from server.integrations.tools.files import ToolFiles
from server.integrations.tools.names import fold, list_prefixed
from server.integrations.tools.offer import Offer, OfferedTool, make_offer, name_tools
from server.integrations.tools.schemas.portable import PortableSchema
from server.integrations.tools.upstream import Upstream
from server.sdk.dynamic import DynamicOperations

NATURAL_QUERY = "natural_query"


class Offers:
    """Offers by id of their server. `reserved`: names of other operations, as the tools were named."""

    def __init__(self, files: ToolFiles | None = None) -> None:
        self._files = files
        self._offers: dict[str, Offer] = {}
        self.reserved: frozenset[str] = frozenset()

    @property
    def tools(self) -> list[OfferedTool]:
        """The tools, in the order of their servers."""
        return [tool for offer in self._offers.values() for tool in offer.tools if tool.identity in offer.schemas]

    @property
    def routers(self) -> tuple[DynamicOperations, ...]:
        """A router for each server that has tools."""
        return tuple(offer.router for offer in self._offers.values())

    def make(self, upstreams: Mapping[str, Upstream], reserved: frozenset[str]) -> bool:
        """Make the operations of servers that have changed. Returns whether any has. Blocks."""
        offered, offers = name_tools(upstreams.values(), reserved), dict[str, Offer]()
        for server_id, upstream in upstreams.items():
            tools = tuple(tool for tool in offered if tool.key.server == server_id)
            former = self._offers.get(server_id)
            current = (upstream, tools, upstream.instructions)
            if former and (former.upstream, former.tools, former.instructions) == current:
                offers[server_id] = former
            elif tools:
                offers[server_id] = make_offer(upstream, tools, self._files)
        changed = offers != self._offers
        self._offers, self.reserved = offers, reserved
        return changed

    def list_renamed(self) -> dict[str, list[str]]:
        """List the tools that are called otherwise than at their server."""
        return list_prefixed({tool.key: tool.public for tool in self.tools})

    def parameters_of(self, tool: OfferedTool) -> dict[str, Any]:
        """The input schema of a tool, as it is offered."""
        return self.schema_of(tool).schema

    def schema_of(self, tool: OfferedTool) -> PortableSchema:
        """The input schema of a tool with the notes about it."""
        return self._offers[tool.key.server].schemas[tool.identity]

    def find_tool(self, name: str, is_allowed: Callable[[OfferedTool], bool] = lambda _: True) -> OfferedTool:
        """Find a tool by any of its names. Raises NotFound, which says what several tools of one name are called.

        `is_allowed`: whether that may name a tool to the caller.
        """
        for tool in self.tools:
            if name in {tool.public.name, tool.identity, tool.public.path}:
                return tool
        known = {tool.public.name for tool in self.tools if is_allowed(tool)}
        others = known & {
            public for expected, publics in self.list_renamed().items() if fold(expected) == fold(name) for public in publics
        }
        if others:
            raise NotFound(
                f"Several tools have this name, or one that differs by a dash only. Use {'one of ' if len(others) > 1 else ''}"
                f"{', '.join(sorted(others))}."
            )
        alike = [tool for tool in self.tools if fold(name) in {fold(tool.public.name), fold(tool.identity)}]
        if len(alike) == 1:  # models write dashes as underscores
            return alike[0]
        raise NotFound(f"There is no tool called {shorten(name)}. GET /tools lists them.")

    def find_query_tools(self, chosen: str) -> list[OfferedTool]:
        """List the tools that answer questions: the chosen one, else all called natural_query."""
        if chosen:
            return [tool for tool in self.tools if chosen in {tool.public.name, tool.identity}]
        return [tool for tool in self.tools if tool.key.tool == NATURAL_QUERY]
