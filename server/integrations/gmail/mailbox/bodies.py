"""Texts that Gmail hands out separately, because they are long or have a file name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.core.items import convert_item
from server.integrations.gmail.accounts.session import Session
from server.integrations.gmail.mailbox.responses import Message, read_payload
from server.integrations.gmail.mime.body import find_detached_texts
from server.integrations.gmail.mime.message import Part, decode_base64url

Bodies = dict[str, dict[str, bytes]]  # by the mail's id and the part's


@dataclass(frozen=True)
class FetchLimit:
    """How many parts are fetched for one answer, and how many bytes."""

    parts: int
    size: int


LISTED = FetchLimit(10, 5_000_000)  # an answer holds 88,000 characters
WHOLE = FetchLimit(100, 50_000_000)  # as large as a mail can be


async def fetch_bodies(session: Session, messages: Sequence[Message], limit: FetchLimit) -> Bodies:
    """Fetch the texts of mails, within a limit those of the newest."""
    parts = await session.accounts.run(choose_detached, messages, limit)
    calls: list[Mapping[str, Any]] = [{"messageId": message_id, "id": part.gmail_id} for message_id, part in parts]
    answers = await session.read_each("messages.attachments.get", calls) if calls else []
    bodies: Bodies = {}
    for (message_id, part), answer in zip(parts, answers, strict=True):
        content = decode_base64url(answer.get("data")) if isinstance(answer, dict) else None
        if content or (content is not None and not part.size):
            bodies.setdefault(message_id, {})[part.id] = content
    return bodies


def choose_detached(messages: Sequence[Message], limit: FetchLimit) -> list[tuple[str, Part]]:
    """Choose which texts to fetch: those of the newest mails, all of a mail or none."""
    chosen: list[tuple[str, Part]] = []
    size = 0
    for message in sorted(messages, key=read_received, reverse=True):
        parts = convert_item(message, lambda message: find_detached_texts(read_payload(message)), lambda _: [])
        needed = sum(part.size for part in parts)
        if len(chosen) + len(parts) <= limit.parts and size + needed <= limit.size:
            chosen += [(str(message.get("id")), part) for part in parts]
            size += needed
    return chosen


def read_received(message: Message) -> int:
    """Read when Gmail received a mail, in milliseconds since 1970; 0 if it does not say."""
    received = message.get("internalDate")
    return (
        int(received) if isinstance(received, str) and received.isascii() and received.isdecimal() and len(received) < 20 else 0
    )
