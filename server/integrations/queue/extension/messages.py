"""Messages that an extension sends, in both dialects: ours, and seed's, which has no token and no `hello`.

Unknown fields are ignored, so that a newer extension can talk to an older Deskhand; an unknown type is refused by name.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from server.core.errors import InvalidInput
from server.core.strict_json import parse_json
from server.core.text import shorten

LARGEST_TOKEN = 2**63 - 1
LARGEST_OFFSET = 2**30  # bytes; SQLite counts places in 32 bits, so larger ones would begin anew
Id = Annotated[str, Field(min_length=1, max_length=200)]
Token = Annotated[int, Field(ge=0, le=LARGEST_TOKEN, strict=True)]
ShortText = Annotated[str, Field(max_length=500)]
Line = Annotated[str, Field(max_length=4_000)]
Names = Annotated[list[ShortText], Field(max_length=100)]


class Message(BaseModel):
    """A message of an extension."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Hello(Message):
    """The first message of our dialect. `key`: empty if a header carried it. `instance`: of several with the same key."""

    type: Literal["hello"]
    protocol: int = 1
    key: Annotated[str, Field(max_length=500, repr=False)] = ""
    version: ShortText = ""
    browser: ShortText = ""
    capabilities: Names = []
    instance: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9._-]*$")] = ""


class RequestMessage(Message):
    """A message about a prompt. `token`: the fencing token of its lease; seed's dialect has none."""

    request_id: Id
    token: Token | None = None


class StatusUpdate(RequestMessage):
    """The extension is about to type the prompt. It does so once this is acknowledged."""

    type: Literal["status_update"]
    status: ShortText


class Progress(RequestMessage):
    """A piece of the answer's text. `offset`: characters before it."""

    type: Literal["progress"]
    offset: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] = 0
    text: str = ""


class ResponsePart(RequestMessage):
    """A part of an answer that is too long for one message. The `response` that follows the last one has an empty text."""

    type: Literal["response_part"]
    index: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)]
    last: bool = False
    text: str = ""


class Response(RequestMessage):
    """The complete answer. Its other fields are those of PromptResult."""

    type: Literal["response"]
    response: str | None = None
    chat_id: Id | None = None
    chat_title: Annotated[str, Field(max_length=1_000)] | None = None
    notes: Names = []
    model: ShortText | None = None
    citations: Annotated[list[dict[str, Any]], Field(max_length=500)] = []


class Failure(RequestMessage):
    """The prompt failed. `sent`: whether it reached the chat; None (seed's dialect): not known. `resets_at`: of a limit."""

    type: Literal["error"]
    error: Line = ""
    name: ShortText = ""
    sent: bool | None = None
    resets_at: ShortText | None = None


class Found(RequestMessage):
    """The answer to `find`: whether the message is in the chat."""

    type: Literal["found"]
    state: Literal["sent", "not_sent", "answered"]
    response: str | None = None
    chat_id: Id | None = None
    chat_title: Annotated[str, Field(max_length=1_000)] | None = None


class AttachmentRead(RequestMessage):
    """The extension wants a piece of a file. `place`: in the prompt's list; `offset`: bytes before the piece."""

    type: Literal["attachment"]
    place: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)]
    offset: Annotated[int, Field(ge=0, le=LARGEST_OFFSET)] = 0


class Page(Message):
    """The state of the extension's tab. `missing`: names of what its layout lacks."""

    type: Literal["page"]
    state: ShortText
    detail: Line = ""
    missing: Names = []
    resets_at: ShortText | None = None


class SelfTest(Message):
    """The result of a self-test."""

    type: Literal["self_test"]
    ok: bool
    missing: Names = []
    layout: ShortText = ""
    language: ShortText = ""


class History(Message):
    """Conversations of the person's own history, in the export's form, and where the import stands.

    `request_id`: for the acknowledgement. `cursor`: with which another browser could go on. `done`: there are no more.
    """

    type: Literal["history"]
    request_id: Id = "history"
    conversations: Annotated[list[dict[str, Any]], Field(max_length=1_000)] = []
    cursor: Annotated[str, Field(max_length=100_000)] | None = None
    count: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] = 0
    total: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] | None = None
    skipped: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] = 0
    done: bool = False


class ImportProgress(Message):
    """The state of the import of the person's history. `total`, `seconds_left`: None if not known. `stopped`: there is none."""

    type: Literal["import_progress"]
    count: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] = 0
    total: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] | None = None
    skipped: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] = 0
    done: bool = False
    paused: bool = False
    stopped: bool = False
    problem: Line = ""
    seconds_left: Annotated[int, Field(ge=0, le=LARGEST_TOKEN)] | None = None


class Ping(Message):
    """A sign of life, which keeps the extension's service worker running too."""

    type: Literal["ping"]


Incoming = (
    Hello
    | StatusUpdate
    | AttachmentRead
    | Progress
    | ResponsePart
    | Response
    | Failure
    | Found
    | Page
    | SelfTest
    | History
    | ImportProgress
    | Ping
)
MESSAGES: TypeAdapter[Incoming] = TypeAdapter(Annotated[Incoming, Field(discriminator="type")])


class InvalidMessage(InvalidInput):
    """A message does not fit. `type`, `request_id`: what it was about, as far as it says that."""

    def __init__(self, detail: str, message: Any) -> None:
        super().__init__(detail)
        given = message if isinstance(message, dict) else {}
        self.type, self.request_id = (shorten(str(given.get(name) or "")) for name in ("type", "request_id"))


def read_message(text: str) -> Incoming:
    """Read a message. Raises InvalidInput with what is wrong, in one sentence that quotes no value but a type's name."""
    message = None
    try:
        message = parse_json(text.encode())
        return MESSAGES.validate_python(message)
    except ValidationError as error:
        raise InvalidMessage(describe(error), message) from None
    except (ValueError, RecursionError):
        raise InvalidInput("A message is one JSON object.") from None


def describe(error: ValidationError) -> str:
    """Describe the first mistake: the field and what is wrong with it, without its value, which may be a key or an answer."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "union_tag_invalid":
        return f"The type {shorten(str(first['ctx']['tag']))!r} is not known."
    if first["type"] == "union_tag_not_found":
        return "A message has a `type`."
    place = ".".join(map(str, first["loc"]))
    return f"{shorten(place)}: {first['msg']}." if place else "A message is one JSON object."
