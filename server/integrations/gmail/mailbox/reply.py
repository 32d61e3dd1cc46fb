"""Recipients, subject and thread of a reply, read from the mail that it answers.

Gmail threads an answer by three things: https://developers.google.com/workspace/gmail/api/guides/threads
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from server.core.errors import InvalidInput, NotFound
from server.integrations.gmail.accounts.session import Session
from server.integrations.gmail.mailbox.own_addresses import OwnAddresses, read_own_addresses
from server.integrations.gmail.mailbox.responses import label_ids
from server.integrations.gmail.mailbox.subjects import answer_subject
from server.integrations.gmail.mime.compose import Person, read_ids, validate_person
from server.integrations.gmail.mime.message import LONGEST_ENTRY, Headers, read_headers
from server.integrations.gmail.mime.text import shorten

NEEDED = ["From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "References", "In-Reply-To", "Date", "Delivered-To"]
LONGEST_SUBJECT = 5000


@dataclass(frozen=True)
class Answer:
    """A reply without its text."""

    thread_id: str
    sender: str  # the own address to which the mail was written
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    subject: str
    in_reply_to: str
    references: tuple[str, ...]
    answered: str  # the mail that is answered, for the person to see
    left_out: tuple[str, ...] = ()  # entries of its headers that are no mail address

    def require_everybody(self) -> None:
        """Raises InvalidInput if the answer would not reach everybody whom it is meant for."""
        if self.left_out:
            raise InvalidInput(
                f"The mail names {', '.join(self.left_out[:3])!r}, which is no mail address, so the answer would not reach "
                "everybody. Answer without reply_all, or write to the others with send_mail."
            )


async def find_answer(
    session: Session,
    *,
    thread_id: str | None,
    message_id: str | None = None,
    in_reply_to: str | None = None,
    everybody: bool = False,
) -> Answer:
    """Find out what an answer needs. NotFound: no such mail; InvalidInput: they do not belong together."""
    own = await read_own_addresses(session)
    if message_id and not in_reply_to:
        message = await session.read("messages.get", id=message_id, format="metadata", metadataHeaders=NEEDED)
        if thread_id and message.get("threadId") != thread_id:
            raise InvalidInput("The mail message_id is not in the thread thread_id. Give one of them alone.")
        return await session.accounts.run(make_answer, message, own, everybody=everybody)
    if not thread_id and not message_id:
        raise InvalidInput("Say what to answer: give thread_id or message_id.")
    messages = await read_thread(session, thread_id or message_id or "")
    answered = await session.accounts.run(choose_answered, messages, own, in_reply_to)
    return await session.accounts.run(make_answer, answered, own, everybody=everybody)


async def read_thread(session: Session, thread_id: str) -> list[Mapping[str, Any]]:
    """Read a thread's mails, oldest first. The id of any mail in it will do."""
    try:
        thread = await session.read("threads.get", id=thread_id, format="metadata", metadataHeaders=NEEDED)
    except NotFound:
        message = await session.read("messages.get", id=thread_id, format="minimal")
        actual_id = str(message.get("threadId"))
        thread = await session.read("threads.get", id=actual_id, format="metadata", metadataHeaders=NEEDED)
    messages = thread.get("messages")
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def choose_answered(messages: list[Mapping[str, Any]], own: OwnAddresses, in_reply_to: str | None) -> Mapping[str, Any]:
    """The mail with that Message-ID; without one, the newest from somebody else, or else the newest that was sent."""
    sent = [message for message in messages if "DRAFT" not in label_ids(message)]
    if in_reply_to:
        message_id = in_reply_to.strip().strip("<>")
        for message in sent:
            if message_id in {message.get("id"), read_headers(message.get("payload")).get("Message-ID").strip().strip("<>")}:
                return message
        raise NotFound("No mail of this thread has that Message-ID. Leave in_reply_to out to answer the newest one.")
    foreign = [
        message for message in sent if not is_own(read_headers(message.get("payload")), own) and "SENT" not in label_ids(message)
    ]
    if not sent:
        raise NotFound("There is no mail in this thread that could be answered.")
    return (foreign or sent)[-1]


def make_answer(message: Mapping[str, Any], own: OwnAddresses, *, everybody: bool) -> Answer:
    """Make an answer of the mail that is answered."""
    headers = read_headers(message.get("payload"))
    sent = is_own(headers, own)
    first, rest = ("To", ("Cc",)) if sent else ("Reply-To", ("To", "Cc"))
    names = [first] if find_people(headers, [first], own) else [first, "From"]
    to = find_people(headers, names, own) or find_people(headers, names)
    if not to:
        raise InvalidInput("This mail names nobody whom one could answer. Use send_mail instead.")
    addressed = {person.address.casefold() for person in to}
    others = find_people(headers, rest, own) if everybody else ()
    ids = read_ids(headers.get("Message-ID"))[:1]
    earlier = read_ids(headers.get("References")) or read_ids(headers.get("In-Reply-To"))[:1]
    return Answer(
        thread_id=str(message.get("threadId", "")),
        sender=own.choose_sender(headers, *(("From",) if sent else ("To", "Cc", "Delivered-To"))),
        to=to,
        cc=tuple(person for person in others if person.address.casefold() not in addressed),
        subject=answer_subject(headers.line("Subject", LONGEST_SUBJECT)),
        in_reply_to=ids[0] if ids else "",
        references=tuple(read_ids(" ".join([*(message_id for message_id in earlier if message_id not in ids), *ids]))),
        answered=f"{headers.line('From', 200)}, {headers.line('Date', 100)}: {headers.line('Subject', 200)}",
        left_out=find_left_out(headers, [*names, *(rest if everybody else ())]),
    )


def find_people(headers: Headers, names: Iterable[str], own: OwnAddresses | None = None) -> tuple[Person, ...]:
    """Find the people in these headers, but for the person's own addresses; what is no mail address is left out."""
    people: dict[str, Person] = {}
    for entry in headers.addresses(*names):
        with suppress(InvalidInput):
            person = validate_person(replace(entry, name=shorten(entry.name, 100)), "")
            if not own or not own.include(person.address, headers):
                people.setdefault(person.address.casefold(), person)
    return tuple(people.values())


def find_left_out(headers: Headers, names: Iterable[str]) -> tuple[str, ...]:
    """Find the entries of these headers that no answer can be sent to."""
    left_out: list[str] = []
    for entry in headers.addresses(*names):
        try:
            validate_person(entry, "")
        except InvalidInput:
            left_out.append(shorten(str(entry), LONGEST_ENTRY))
    return tuple(dict.fromkeys(left_out))


def is_own(headers: Headers, own: OwnAddresses) -> bool:
    """Check whether the person wrote the mail."""
    return any(own.include(entry.address) for entry in headers.addresses("From"))
