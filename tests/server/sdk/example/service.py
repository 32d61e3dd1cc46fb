"""The rules of notes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from server.integrations.example import store
from server.integrations.example.models import ExampleNote, ExampleSettings

from server.core.errors import InvalidInput
from server.core.sentences import Sentence
from server.sdk.content import Block, Content
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.operation import Effect
from server.sdk.progress import report_progress

PICTURE = b"\x89PNG\r\n\x1a\n"
WRITE = Sentence(
    "write the example note {name}",
    "is writing the example note {name}",
    "wrote the example note {name}",
    "could not write the example note {name}",
)


class ExampleNotes(Health):
    """The notes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._count = 0
        self.tool_names: list[str] = []
        self.released = asyncio.Event()

    @property
    def setup_hint(self) -> str | None:
        return None if self._count else "Write a first example note."

    @property
    def summary(self) -> str:
        return f"{self._count} example notes"

    async def refresh(self) -> None:
        self._count = await self._context.database.read(store.count)

    async def read_all(self) -> list[ExampleNote]:
        """Read every note."""
        return await self._context.database.read(store.read_all)

    async def preview(self, note: ExampleNote) -> Effect:
        """Describe what writing a note does. Raises InvalidInput if it is longer than the settings allow."""
        if len(note.text) > self._context.settings.read("example", ExampleSettings).longest:
            raise InvalidInput("The note is too long. Write less.")
        return Effect(WRITE.fill(name=note.name), (("Text", note.text), ("State", note.state)))

    async def write(self, note: ExampleNote) -> ExampleNote:
        """Keep a note, and its event for the webhooks in the same transaction."""
        await self._context.database.write(self._add, note)
        self._context.events.publish("example")
        return note

    def _add(self, connection: Any, note: ExampleNote) -> None:
        store.add(connection, note)
        self._context.webhooks.emit(connection, f"example.{note.state}", {"name": note.name, "text": note.text})

    async def replace_tools(self, names: list[str]) -> list[str]:
        """Replace the tools. Raises InvalidInput for a name that cannot be one; then the former stay."""
        former, self.tool_names = self.tool_names, names
        try:
            await self._context.operations.refresh()
        except InvalidInput:
            self.tool_names = former
            raise
        return self.tool_names

    async def preview_tool(self, arguments: dict[str, Any]) -> Effect:
        """Describe what using a tool does."""
        return Effect("use an example tool", (("Text", arguments["text"]),))

    async def use_tool(self, arguments: dict[str, Any]) -> Content:
        """Use a tool; "wait" takes long, and "picture" answers one."""
        text = arguments["text"]
        if text == "wait":
            report_progress(0.5, "Half of it.")
            await self.released.wait()
        picture = (Block("image", data=PICTURE, mime_type="image/png"),) if text == "picture" else ()
        return Content((Block("text", text), *picture), {"used": text})

    async def release_tools(self) -> None:
        """Let the tools go on that wait."""
        self.released.set()


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[ExampleNotes]:
    """Run the service."""
    yield ExampleNotes(context)
