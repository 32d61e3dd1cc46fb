"""Chats of the fake account, and the record of what was sent there and pressed."""

import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Message:
    """A message of a chat."""

    role: str
    text: str
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: float = field(default_factory=time.time)
    model: str = ""
    alternative: str = ""  # the second of two answers


@dataclass
class Chat:
    """A chat. A temporary one is in no list."""

    chat_id: str
    title: str = ""
    project: str = ""
    temporary: bool = False
    created: float = field(default_factory=time.time)
    messages: list[Message] = field(default_factory=list)

    @property
    def updated(self) -> float:
        """Return when it was changed."""
        return self.messages[-1].created if self.messages else self.created


@dataclass(frozen=True)
class Sent:
    """A message that arrived from the page. `accepted`: not refused by a limit, an error or a challenge."""

    chat_id: str
    message: str
    mode: str = ""
    effort: str = ""
    model: str = ""
    project: str = ""
    temporary: bool = False
    accepted: bool = True
    attachments: tuple[str, ...] = ()
    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Upload:
    """A file that the page uploaded."""

    name: str
    content_type: str
    data: bytes


class Account:
    """The person's account. `actions`: buttons that were pressed beside sending, which the extension never does."""

    def __init__(self) -> None:
        self.chats: dict[str, Chat] = {}
        self.sent: list[Sent] = []
        self.actions: list[str] = []
        self.uploads: list[Upload] = []

    def open(self, chat_id: str, project: str = "", *, temporary: bool = False) -> Chat:
        """Return the chat, or begin one. Raises KeyError for an unknown id."""
        if chat_id:
            return self.chats[chat_id]
        chat = Chat(str(uuid.uuid4()), project=project, temporary=temporary)
        self.chats[chat.chat_id] = chat
        return chat

    def add_chat(self, title: str, turns: list[tuple[str, str]], created: float | None = None) -> Chat:
        """Add an earlier chat of (role, text)."""
        start = time.time() if created is None else created
        chat = Chat(str(uuid.uuid4()), title, created=start)
        chat.messages = [Message(role, text, created=start + index) for index, (role, text) in enumerate(turns)]
        self.chats[chat.chat_id] = chat
        return chat

    def list_chats(self) -> list[Chat]:
        """List the chats of the sidebar, last changed first."""
        return sorted((chat for chat in self.chats.values() if not chat.temporary), key=lambda chat: -chat.updated)

    def count_sent(self) -> Counter[str]:
        """Count how often each accepted message was sent."""
        return Counter(sent.message for sent in self.sent if sent.accepted)

    def describe_sent(self) -> list[dict[str, Any]]:
        """List what was sent, in order, as JSON."""
        return [asdict(sent) for sent in self.sent]
