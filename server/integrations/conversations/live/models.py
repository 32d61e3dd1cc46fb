"""Live conversations: those that are held here with OpenAI's models."""

import secrets
from enum import StrEnum

from server.integrations.conversations.models import Attachment, Frozen, Role, Source

UNKNOWN_LEAF = "?"  # it is not known which messages the Conversation at OpenAI has


def make_message_id() -> str:
    """Make the id of a message."""
    return f"msg_{secrets.token_hex(16)}"


class AnswerState(StrEnum):
    """State of an answer of a model."""

    waiting = "waiting"  #: its message was not sent: OpenAI is out of reach, or others of the conversation come first
    running = "running"  #: its message is being sent, or was
    done = "done"  #: it is a message of the conversation
    failed = "failed"  #: OpenAI refused it, or the person stopped it
    uncertain = "uncertain"  #: its message went out and nothing came back; it is not sent again by itself


OPEN = (AnswerState.waiting, AnswerState.running)


class Chat(Frozen):
    """A live conversation. `thread_id`: of the Conversation at OpenAI, which ends with the message `thread_leaf`.

    `client`: the id of the client that began or delivered it; empty for the person, or if it was delivered by the signed webhook.
    Times are seconds since 1970.
    """

    key: int
    id: str
    title: str
    project: str
    model: str
    source: Source
    temporary: bool
    created_at: float | None
    updated_at: float | None
    current_message: str
    message_count: int
    thread_id: str = ""
    thread_leaf: str = ""
    client: str = ""


class NewChat(Frozen):
    """A conversation to be stored."""

    id: str
    project: str
    title: str = ""
    model: str = ""
    source: Source = Source.openai
    temporary: bool = False
    client: str = ""
    created_at: float
    updated_at: float | None = None
    thread_id: str = ""


class NewMessage(Frozen):
    """A message to be stored. `follows`: the imported message that it follows; `delivered`: by a sender, see Details."""

    id: str
    parent: str
    role: Role
    text: str
    created_at: float
    model: str = ""
    attachments: tuple[Attachment, ...] = ()
    follows: str = ""
    delivered: bool = False


class PathMessage(Frozen):
    """A message on the way from a conversation's beginning to one of its messages."""

    id: str
    role: Role
    text: str
    attachments: tuple[Attachment, ...] = ()
    delivered: bool = False


class AnswerRow(Frozen):
    """A requested answer. `message`: the id of the message that it answers. `response_id`: OpenAI's, once known.

    `history`: the digest of the delivered messages that are sent along, as they were at its request; of /v1: of all turns.
    """

    number: int
    id: str
    conversation: int
    message: str
    model: str
    state: AnswerState
    error: str = ""
    text: str = ""
    response_id: str = ""
    client: str = ""
    attempts: int = 0
    next_at: float = 0
    created_at: float = 0
    cost: str | None = None
    history: str = ""


class Project(Frozen):
    """A project. `retention_days`: after which its conversations are deleted; None: they stay."""

    id: str
    name: str
    description: str = ""
    instructions: str = ""
    model: str = ""
    starred: bool = False
    retention_days: int | None = None
    created_at: float | None = None
