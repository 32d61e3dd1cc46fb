"""Servers for the tests of the tools' page: a small one and a large one."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.server.conftest import Served
from tests.server.integrations.tools.gateway import add_servers

UPSTREAM = Path(__file__).with_name("tools_upstream.py")
MANY = 300


def tool(
    name: str, description: str = "", properties: dict[str, Any] | None = None, required: Iterable[str] = (), **more: Any
) -> dict[str, Any]:
    """Describe a tool as its server lists it."""
    schema = {"type": "object", "properties": properties or {}, "required": list(required)}
    return {"name": name, "description": description or f"Does {name}.", "inputSchema": schema, **more}


SEARCH = tool(
    "search_notes",
    "Searches the notes.\nIn plain words.",
    {
        "query": {"type": "string", "description": "What to look for."},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        "sort": {"enum": ["relevance", "newest"]},
        "archived": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "object", "properties": {"shelf": {"type": "string"}, "row": {"type": "number"}}},
        "filters": {"type": "array", "items": {"type": "object"}},
    },
    ["query"],
    annotations={"readOnlyHint": True},
)
GALLERY = [SEARCH, tool("picture"), tool("fail"), tool("delete_note", "Deletes a note for good.", {"id": {"type": "string"}})]
TRACKER = [tool(f"{('list', 'close', 'move')[number % 3]}_issue_{number:03}", "Of the tracker. " * 9) for number in range(MANY)]


def describe(file: Path, tools: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Describe a server with these tools, which are read from a file at every start."""
    file.write_text(json.dumps({"tools": tools}))
    return {"command": sys.executable, "args": [str(UPSTREAM), str(file)], **more}


@contextmanager
def serve_tools(folder: Path) -> Iterator[Served]:
    """Run a demo with the two servers. `folder`: an empty one for its data and for the tools of the servers."""
    data = folder / "data"
    data.mkdir()
    background = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True, public_url="https://desk.example.org")))
    ready = background.start()
    server = Served(background, ready.public, ready.local, data)
    gallery = describe(folder / "gallery.json", GALLERY, env={"GALLERY_KEY": "value-of-the-key"})
    add_servers(server, gallery=gallery, tracker=describe(folder / "tracker.json", TRACKER))
    yield server
    assert background.stop()


def tool_link(page: Page, name: str) -> Locator:
    """Find the link of a tool on the page of its server."""
    return page.get_by_role("list", name="Tools").get_by_role("link").filter(has_text=name)
