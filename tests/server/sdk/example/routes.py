"""The operations on notes."""

from typing import Annotated

from server.integrations.example.models import ExampleNote
from server.integrations.example.service import ExampleNotes

from server.sdk.dynamic import DynamicOperations
from server.sdk.operation import Effect, Operation, Operations
from server.sdk.services import provided

example = Operations(prefix="/example", title="Example")
Notes = Annotated[ExampleNotes, provided(ExampleNotes)]
SCHEMA = {
    "type": "object",
    "properties": {"to": {"$ref": "#/$defs/person"}, "text": {"type": "string", "maxLength": 20}},
    "required": ["text"],
    "additionalProperties": False,
    "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}, "friend": {"$ref": "#/$defs/person"}}}},
}


async def preview_note(notes: Notes, note: ExampleNote) -> Effect:
    """Preview a note."""
    return await notes.preview(note)


@example.operation("GET", "/notes", scope="read:example")
async def list_example_notes(notes: Notes) -> list[ExampleNote]:
    """List the example notes."""
    return await notes.read_all()


@example.operation("POST", "/notes", scope="write:example", preview=preview_note)
async def write_example_note(notes: Notes, note: ExampleNote) -> ExampleNote:
    """Write an example note."""
    return await notes.write(note)


@example.operation("PUT", "/tools", scope="write:example", changes=False)
async def replace_example_tools(notes: Notes, names: list[str]) -> list[str]:
    """Replace the example tools, which are dynamic operations."""
    return await notes.replace_tools(names)


@example.operation("DELETE", "/waiting", scope="write:example", changes=False)
async def release_example_tools(notes: Notes) -> None:
    """Let the example tools go on that wait."""
    await notes.release_tools()


def list_dynamic(notes: ExampleNotes) -> tuple[DynamicOperations, ...]:
    """Make a dynamic operation for each tool that there is now."""
    tools = DynamicOperations(prefix="/example/tools", title="Example tools", scope="use:example")
    for name in notes.tool_names:
        operation = Operation(
            f"example__{name}", "", f"Use the example tool {name}.", changes=True, long=True, content=True, alias=name
        )
        tools.add(operation, f"/{name.replace('_', '-')}", notes.use_tool, notes.preview_tool, SCHEMA)
    return (tools,) if notes.tool_names else ()
