"""Imports, as the window and the command line see them."""

from enum import StrEnum

from pydantic import BaseModel, Field

from server.integrations.conversations.models import Frozen


class State(StrEnum):
    """The state of an import. An undo of one runs too, and ends in `undone`."""

    previewing = "previewing"
    ready = "ready"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"
    undone = "undone"


class Work(StrEnum):
    """The work of an import while it is previewing or running."""

    preview = "preview"
    run = "import"
    undo = "undo"


class YearCount(Frozen):
    """Conversations of a year; 0: without a date."""

    year: int
    count: int


class ProjectCount(Frozen):
    """Conversations of a project."""

    id: str
    name: str
    count: int


class DeletedCount(Frozen):
    """Conversations of a year and a project that the person deleted here."""

    year: int
    project: str
    count: int


class Preview(Frozen):
    """The content of an export. `attachments`: files; `other`: names of its other files.

    `deleted`: what an import leaves out unless it includes deleted conversations; null if that was not counted.
    """

    total: int
    years: list[YearCount] = Field(default_factory=list)
    projects: list[ProjectCount] = Field(default_factory=list)
    attachments: int = 0
    other: list[str] = Field(default_factory=list)
    deleted: list[DeletedCount] | None = None


class ImportProgress(Frozen):
    """The progress of an import. `done` and `total` count conversations; a total of 0 is not known."""

    done: int = 0
    total: int = 0
    bytes: int = 0
    bytes_total: int = 0
    seconds_left: int | None = None


class Failure(Frozen):
    """A conversation that could not be imported, and why."""

    id: str = ""
    title: str = ""
    reason: str = ""


class Report(Frozen):
    """The result of an import. `skipped`: entries without messages, conversations not selected, and those deleted here."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: list[Failure] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class Import(Frozen):
    """An import of an export."""

    id: int
    name: str
    state: State
    error: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    preview: Preview | None = None
    progress: ImportProgress | None = None
    report: Report | None = None


class ImportList(BaseModel):
    """Imports, the newest first."""

    imports: list[Import]


class ImportOrder(BaseModel):
    """An export to look at; `start`: to import it at once, without a preview.

    `include_deleted`: conversations that were deleted here come back.
    """

    path: str = Field(min_length=1, max_length=4_096)
    start: bool = False
    include_deleted: bool = False


class Selection(BaseModel):
    """The conversations to import; without a list, all. The project "" is that of conversations without one.

    `include_deleted`: those that were deleted here come back.
    """

    years: list[int] | None = Field(None, max_length=1_000)
    projects: list[str] | None = Field(None, max_length=100_000)
    include_deleted: bool = False


class ChosenPath(BaseModel):
    """A path that the person chose; None if they chose none."""

    path: str | None


class Memory(Frozen):
    """A memory, custom instructions or feedback of an export."""

    id: str
    kind: str
    text: str
    created_at: str | None = None
    enabled: bool = True


class MemoryList(BaseModel):
    """Content of exports besides conversations."""

    memories: list[Memory]
