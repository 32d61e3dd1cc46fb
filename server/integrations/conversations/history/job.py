"""A job of the reading process: the preview of an export, or all that is imported of it."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from server.core.errors import DeskhandError, InvalidInput
from server.integrations.conversations.history.attachments import Attachments, Files
from server.integrations.conversations.history.build import build
from server.integrations.conversations.history.decode import Conversation, Unreadable, decode, decode_entry, time_of
from server.integrations.conversations.history.providers import OTHER
from server.integrations.conversations.history.reader import (
    Contents,
    Entries,
    Entry,
    describe_failure,
    explain_missing,
    read_asides,
    read_projects,
    sort_members,
)
from server.integrations.conversations.history.records import (
    EndRecord,
    FailedRecord,
    Job,
    PreviewRecord,
    ProgressRecord,
    Record,
    SkippedRecord,
)
from server.integrations.conversations.history.sources import open_source

NOTHING = "{name} contains no ChatGPT conversations."
NOT_IMPORTED = "Not imported: {names}."
OTHER_FILE = "{file} is an export of {provider}, and was not imported."
BROKEN_FILES = "Attachments that could not be read: {count}."
MISSING_FILES = "Attachments that the export lacks: {count}."
PROGRESS_STEP = 4 * 1024 * 1024  # bytes between two reports
COLLECT_STEP = 2_000  # conversations between two garbage collections
NO_MESSAGES, NOT_SELECTED = "no messages", "not selected"

Emit = Callable[[Any], object]


def run(job: Job, emit: Emit, files: Files | None = None) -> None:
    """Do a job; its last record is an EndRecord, which carries a sentence if nothing can be imported."""
    gc.disable()  # decoded JSON has no circles, and looking for them takes half of the time
    try:
        with open_source(Path(job.path), Path(job.scratch)) as members:
            contents = sort_members(members)
            notes = preview(contents, job, emit) if job.preview else import_all(contents, job, emit, files)
    except DeskhandError as error:
        emit(EndRecord(refusal=error.detail))
    else:
        name = Path(job.path).name
        emit(EndRecord(notes=[note.replace("{name}", name) for note in notes]) if notes is not None else refuse(name))
    finally:
        gc.enable()


def refuse(name: str) -> EndRecord:
    """Refuse an export without a conversation."""
    return EndRecord(refusal=NOTHING.format(name=name))


@dataclass
class Summary:
    """Counts of a preview. `tombstones`: ids of conversations that the person deleted here."""

    tombstones: frozenset[str] = frozenset()
    seen: set[int] = field(default_factory=set)  # hashes of ids: both layouts may be there
    years: Counter[int] = field(default_factory=Counter)
    projects: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    deleted: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add(self, head: Conversation) -> None:
        """Count a conversation, once."""
        if hash(head.key) not in self.seen:
            self.seen.add(hash(head.key))
            year, project = year_of(time_of(head.create_time)), head.project
            self.years[year] += 1
            self.projects[project] += 1
            self.deleted[year, project] += head.key in self.tombstones


def preview(contents: Contents, job: Job, emit: Emit) -> list[str] | None:
    """Count what an export holds; None: nothing."""
    summary = Summary(frozenset(job.deleted))
    summary.names = {project.id: project.name for member in contents.projects for project in read_projects(member)}
    entries = Entries(contents.shards)
    reported = 0
    for entry in entries:
        if entry.done - reported > PROGRESS_STEP:
            reported = entry.done
            emit(ProgressRecord(entry.position, entry.done, contents.size))
        count_entry(entry, summary, entries)
    if not summary.seen:
        require_ours(entries)
        return None
    counted = sorted(summary.projects.items()) if any(summary.projects) else []  # "": those without one, as a choice
    projects = [(key, summary.names.get(key, ""), number) for key, number in counted]
    others = [f"{member.base}" for member in contents.asides] + contents.other
    deleted = [(*place, number) for place, number in sorted(summary.deleted.items()) if number]
    emit(PreviewRecord(len(summary.seen), sorted(summary.years.items()), projects, len(contents.files), others, deleted))
    return []


def count_entry(entry: Entry, summary: Summary, entries: Entries) -> None:
    """Count an entry if it is a conversation."""
    if entry.failure:
        return
    try:
        head = read_head(entry.data)
        if head is None:
            count_other(entry, summary, entries)
        elif head.key:
            summary.add(head)
    except Unreadable:
        return


def read_head(data: bytes) -> Conversation | None:
    """Read what a preview needs of a conversation; None if it has no tree. Raises Unreadable."""
    try:
        head = decode_entry(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        conversation = decode(data)
        return conversation if is_ours(conversation) else None
    if bytes(head.mapping).lstrip()[:1] != b"{" or head.inserted_at is not None:
        return None
    return Conversation(
        id=head.id,
        conversation_id=head.conversation_id,
        create_time=head.create_time,
        gizmo_id=head.gizmo_id,
        conversation_template_id=head.conversation_template_id,
    )


def count_other(entry: Entry, summary: Summary, entries: Entries) -> None:
    """Note whose an entry without a tree is, or the name of the project that it describes. Raises Unreadable."""
    provider, project = explain_missing(entry.data)
    if provider:
        entries.abandon(provider)
    elif project:
        summary.names[project.id] = project.name


def require_ours(entries: Entries) -> None:
    """Raise InvalidInput if another program wrote the export."""
    if entries.providers:
        raise InvalidInput(OTHER.format(provider=next(iter(entries.providers.values()))))


def import_all(contents: Contents, job: Job, emit: Emit, files: Files | None) -> list[str] | None:
    """Read everything that is selected; None: there was nothing."""
    attachments = Attachments(contents.files, contents.names, files)
    for record in read_others(contents):
        emit(record)
    entries = Entries(contents.shards)
    reported = position = 0
    is_empty = not job.skip
    for entry in entries:
        position = entry.position
        if position > job.skip:
            for record in read_entry(entry, job, attachments, entries):
                is_empty = is_empty and isinstance(record, SkippedRecord | FailedRecord) and record.reason != NOT_SELECTED
                emit(record)
        if entry.done - reported > PROGRESS_STEP:
            reported = entry.done
            emit(ProgressRecord(position, entry.done, contents.size))
        if not position % COLLECT_STEP:
            gc.collect()
    if is_empty:
        require_ours(entries)
    emit(ProgressRecord(position, contents.size, contents.size))
    return None if is_empty else list(make_notes(contents, entries, attachments))


def read_others(contents: Contents) -> Iterator[Record]:
    """Read the files that hold no conversations."""
    for member in contents.projects:
        yield from read_projects(member)
    for member in contents.asides:
        yield from read_asides(member)


def read_entry(entry: Entry, job: Job, attachments: Attachments, entries: Entries) -> Iterator[Record]:
    """Read one entry; whatever is wrong with it costs no other."""
    try:
        if entry.failure:
            raise Unreadable(entry.failure)
        conversation = decode(entry.data)
        if not is_ours(conversation):
            yield from read_other(entry, entries)
        elif not is_selected(conversation, job):
            yield SkippedRecord(NOT_SELECTED, entry.position)
        else:
            yield from read_conversation(conversation, entry, attachments)
    except Unreadable as error:
        yield describe_failure(entry, str(error))
    except DeskhandError:  # the disk is full
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError) as error:
        yield describe_failure(entry, f"It has an unknown form ({type(error).__name__}).")


def read_conversation(conversation: Conversation, entry: Entry, attachments: Attachments) -> Iterator[Record]:
    """Read a conversation and what is stored apart from it."""
    record, asides = build(conversation, entry.data, attachments.find)
    yield from asides
    if record is None:
        yield SkippedRecord(NO_MESSAGES, entry.position)
    else:
        yield msgspec.structs.replace(record, position=entry.position)


def read_other(entry: Entry, entries: Entries) -> Iterator[Record]:
    """Read an entry without a tree: a project, a folder, or another program's."""
    provider, project = explain_missing(entry.data)
    if provider:
        entries.abandon(provider)
    elif project:
        yield project
    yield SkippedRecord(NO_MESSAGES, entry.position)


def is_ours(conversation: Conversation) -> bool:
    """Return whether an entry is a conversation of ChatGPT."""
    return conversation.mapping is not None and conversation.inserted_at is None


def is_selected(conversation: Conversation, job: Job) -> bool:
    """Return whether the person selected a conversation, by its year and its project."""
    is_year = job.years is None or year_of(time_of(conversation.create_time)) in job.years
    return is_year and (job.projects is None or conversation.project in job.projects)


def year_of(time: float | None) -> int:
    """Return the year of a time in UTC; 0 without one."""
    return datetime.fromtimestamp(time, UTC).year if time else 0


def make_notes(contents: Contents, entries: Entries, attachments: Attachments) -> Iterator[str]:
    """Make the sentences of the report."""
    for file, provider in entries.providers.items():
        yield OTHER_FILE.format(file=file, provider=provider)
    if contents.other:
        yield NOT_IMPORTED.format(names=", ".join(contents.other[:20]))
    if attachments.missing:
        yield MISSING_FILES.format(count=len(attachments.missing))
    if attachments.broken:
        yield BROKEN_FILES.format(count=len(attachments.broken))
