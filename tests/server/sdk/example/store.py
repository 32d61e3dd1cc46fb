"""The table of notes."""

from server.integrations.example.models import ExampleNote
from sqlalchemy import Column, Connection, MetaData, Table, Text, func, insert, select

example_note = Table(
    "example_note", MetaData(), Column("name", Text, primary_key=True), Column("text", Text), Column("state", Text)
)


def add(connection: Connection, note: ExampleNote) -> None:
    """Add a note."""
    connection.execute(insert(example_note).values(note.model_dump()))


def read_all(connection: Connection) -> list[ExampleNote]:
    """Read every note, by name."""
    rows = connection.execute(select(example_note).order_by(example_note.c.name))
    return [ExampleNote.model_validate(row._asdict()) for row in rows]


def count(connection: Connection) -> int:
    """Count the notes."""
    return connection.execute(select(func.count()).select_from(example_note)).scalar_one()
