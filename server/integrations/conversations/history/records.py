"""Records that the process which reads an export sends, and the job that it gets.

A frame is a length, whether it is to be stored, and in msgpack a list of records that are, or one record of the state of reading.
"""

import struct
from collections.abc import Callable

import msgspec

HEAD = struct.Struct("<I?")
LIST, LIST_TYPE = struct.Struct(">BI"), 0xDD  # of msgpack: the type and the length of a list
FRAME_SIZE = 256 * 1024  # bytes


class Job(msgspec.Struct, frozen=True):
    """An export to read. `skip`: entries at the beginning that are stored already. Without `years` or `projects`: all.

    `data`: the data directory, in which files are stored; empty: they are not. `scratch`: a folder for what is unpacked.
    `deleted`: ids of conversations that the person deleted here, which a preview counts.
    """

    path: str
    scratch: str
    data: str = ""
    preview: bool = False
    skip: int = 0
    years: tuple[int, ...] | None = None
    projects: tuple[str, ...] | None = None
    deleted: tuple[str, ...] = ()


class MessageRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of chat_message. `details`: JSON of models.Details, empty without any."""

    id: str
    parent: str
    role: str
    kind: str
    text: str
    created_at: float | None
    model: str = ""
    details: str = ""


class AssetRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of chat_asset. `sha256`: empty if the export lacks the file."""

    id: str
    name: str
    content_type: str = ""
    size: int = 0
    sha256: str = ""


class Record(msgspec.Struct, frozen=True, tag=True):
    """A message of the reading process. `position`: number of entries read, including this one's."""


class ConversationRecord(Record, frozen=True, gc=False):
    """A conversation. `nodes`: of its whole tree. `digest`: of the fields before it.

    `seconds`: the times of the messages for their keys. `indexed`: what `to_indexed` makes of a message's text if it is not that
    text itself, by the message's place in the list.
    """

    id: str
    title: str
    created_at: float | None
    updated_at: float | None
    project: str
    gpt: str
    model: str
    starred: bool
    archived: bool
    temporary: bool
    current: str
    nodes: int
    messages: list[MessageRecord]
    assets: list[AssetRecord]
    digest: str = ""
    original: bytes = b""
    position: int = 0
    seconds: list[int] = []
    indexed: dict[int, tuple[str, str]] = {}


class SkippedRecord(Record, frozen=True, gc=False):
    """An entry without a conversation. `reason`: a key of NOTES."""

    reason: str
    position: int


class FailedRecord(Record, frozen=True, gc=False):
    """An entry that could not be read."""

    id: str
    title: str
    reason: str
    position: int


class ProjectRecord(Record, frozen=True, gc=False):
    """A project with its name."""

    id: str
    name: str


class MemoryRecord(Record, frozen=True, gc=False):
    """A memory, custom instructions or feedback. `id`: the same for the same content."""

    id: str
    kind: str
    text: str
    created_at: float | None = None
    is_enabled: bool = True


class ProgressRecord(Record, frozen=True, gc=False):
    """The state of reading. `size`: bytes of all files of conversations."""

    position: int
    done: int
    size: int


class PreviewRecord(Record, frozen=True, gc=False):
    """Content of an export. `years`: year (0: unknown) and number of conversations; `projects`: id, name and number.

    `deleted`: year, project and number of those that the person deleted here.
    """

    total: int
    years: list[tuple[int, int]]
    projects: list[tuple[str, str, int]]
    attachments: int
    other: list[str]
    deleted: list[tuple[int, str, int]] = []


class EndRecord(Record, frozen=True, gc=False):
    """The end. `notes`: sentences for the report. `refusal`: a sentence if nothing can be imported. `error`: for the log."""

    notes: list[str] = []
    refusal: str = ""
    error: str = ""


AnyRecord = (
    ConversationRecord | SkippedRecord | FailedRecord | ProjectRecord | MemoryRecord | ProgressRecord | PreviewRecord | EndRecord
)

STATES = (ProgressRecord, PreviewRecord, EndRecord)  # of reading; the others are stored
encoder = msgspec.msgpack.Encoder()
decode_stored = msgspec.msgpack.Decoder(list[AnyRecord]).decode
decode_state = msgspec.msgpack.Decoder(ProgressRecord | PreviewRecord | EndRecord).decode


class FrameWriter:
    """Writes records: many that are stored in one frame, which costs the server less, and each state of reading in its own."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._stored: list[bytes] = []
        self._size = 0

    def add(self, record: Record) -> None:
        """Write a record, or let it wait for more."""
        data = encoder.encode(record)
        if isinstance(record, STATES):
            self._flush()
            self._write(HEAD.pack(len(data), False) + data)
            return
        self._stored.append(data)
        self._size += len(data)
        if self._size >= FRAME_SIZE:
            self._flush()

    def _flush(self) -> None:
        if self._stored:
            head = LIST.pack(LIST_TYPE, len(self._stored))
            self._write(b"".join((HEAD.pack(len(head) + self._size, True), head, *self._stored)))
        self._stored, self._size = [], 0
