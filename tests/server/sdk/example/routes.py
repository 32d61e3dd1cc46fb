"""The operations on notes."""

from typing import Annotated

from server.integrations.example.models import ExampleNote
from server.integrations.example.service import ExampleNotes

from server.sdk.operation import Effect, Operations
from server.sdk.services import provided

example = Operations(prefix="/example", title="Example")
Notes = Annotated[ExampleNotes, provided(ExampleNotes)]


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
