"""Makes answers of Gmail's messages, none longer than a client can take."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from server.core.items import convert_item, convert_items
from server.integrations.gmail.mime.body import Reading, read_text
from server.integrations.gmail.mime.message import (
    Headers,
    Part,
    find_attachments,
    limit_list,
    read_date,
    read_parts,
    read_people,
    shorten_person,
)
from server.integrations.gmail.mime.text import cut, json_length, one_line, read_snippet, share_out, shorten
from server.integrations.gmail.models import AttachedFile, ListedMail, MailEntry, WholeMail

LARGEST_ANSWER = 88_000  # characters; ChatGPT takes fewer than 100,000
LARGEST_REST = 40_000  # of them for everything but the text
MOST_ATTACHMENTS = 100
MOST_LABELS = 100
PROBLEM = "problem"  # of what stands in for a message that Gmail did not answer: why
_SENDERS = re.compile("(?<=>), ")  # between senders that have names
INCOMPLETE = "A part of this mail's text could not be read here. Open it in Gmail."
UNREADABLE = "This mail could not be read here. Open it in Gmail."

Message = Mapping[str, Any]
Entry = TypeVar("Entry", bound=MailEntry)


def view_entries(messages: Sequence[Message], account: str, labels: Mapping[str, str]) -> list[MailEntry]:
    """View mails without their texts; one that cannot be read says so."""
    return convert_items(
        messages,
        lambda message: view_entry(message, account, labels),
        lambda message: MailEntry(**_describe_unreadable(message, account, labels)),
    )


def view_all_listed(
    messages: Sequence[Message], account: str, labels: Mapping[str, str], fetched: Mapping[str, Mapping[str, bytes]]
) -> list[ListedMail]:
    """View mails with their texts; one that cannot be read says so. `fetched`: by the mail's id and the part's."""
    return convert_items(
        messages,
        lambda message: view_listed(message, account, labels, fetched.get(str(message.get("id")), {})),
        lambda message: ListedMail(**_describe_unreadable(message, account, labels), cc=[], body="", truncated=True),
    )


def view_entry(message: Message, account: str, labels: Mapping[str, str]) -> MailEntry:
    """A mail without its text."""
    return MailEntry(**_describe(message, read_payload(message), account, labels))


def view_listed(message: Message, account: str, labels: Mapping[str, str], fetched: Mapping[str, bytes]) -> ListedMail:
    """A mail with all of its text; `shorten_to_limit` shortens it."""
    root = read_payload(message)
    described, reading = _describe(message, root, account, labels), read_text(root, fetched)
    return ListedMail(**described, cc=read_people(root.headers, "Cc"), body=reading.text, truncated=bool(reading.missing))


def view_whole(
    message: Message, account: str, labels: Mapping[str, str], fetched: Mapping[str, bytes], offset: int = 0
) -> WholeMail:
    """A mail with everything, its text from an offset on and as much of it as fits. One that cannot be read says so."""
    return convert_item(
        message,
        lambda message: _view_whole(message, account, labels, fetched, offset),
        lambda message: _make_whole(_describe_unreadable(message, account, labels), Headers(), [], Reading()),
    )


def _view_whole(
    message: Message, account: str, labels: Mapping[str, str], fetched: Mapping[str, bytes], offset: int
) -> WholeMail:
    root = read_payload(message)
    reading = read_text(root, fetched)
    described = _describe(message, root, account, labels) | ({"problem": INCOMPLETE} if reading.missing else {})
    whole = _make_whole(described, root.headers, find_files(root, reading), reading)
    if len(whole.model_dump_json()) > LARGEST_REST:
        whole = _lean(whole)
    rest = reading.text[offset:]
    body = cut(rest, LARGEST_ANSWER - len(whole.model_dump_json()))
    goes_on = len(body) < len(rest)
    ends = offset + len(body) if goes_on else None
    return whole.model_copy(update={"body": body, "truncated": goes_on or bool(reading.missing), "next_offset": ends})


def _make_whole(described: Mapping[str, Any], headers: Headers, files: Sequence[Part], reading: Reading) -> WholeMail:
    return WholeMail(
        **described,
        cc=read_people(headers, "Cc"),
        bcc=read_people(headers, "Bcc"),
        reply_to=read_people(headers, "Reply-To"),
        message_id_header=headers.line("Message-ID"),
        in_reply_to=headers.line("In-Reply-To"),
        attachments=[
            AttachedFile(attachment_id=part.id, name=part.file_name, media_type=part.media_type, size=part.size)
            for part in files[:MOST_ATTACHMENTS]
        ],
        more_attachments=max(0, len(files) - MOST_ATTACHMENTS),
        html=reading.html,
        body="",
        truncated=True,
        next_offset=None,
    )


def read_payload(message: Message) -> Part:
    """Read a mail's parts. Raises ValueError if Gmail did not answer it."""
    if PROBLEM in message:
        raise ValueError
    return read_parts(message.get("payload"))


def find_files(root: Part, reading: Reading) -> list[Part]:
    """The attached files, and the parts of the text that are not here."""
    missing = [part for part in reading.missing if part.gmail_id]
    return [*missing, *(part for part in find_attachments(root) if part not in missing)]


def shorten_to_limit(mails: Sequence[ListedMail], most: int = LARGEST_ANSWER) -> list[ListedMail]:
    """Shorten texts so that all mails fit into one answer; short ones stay whole."""
    bare = lean_entries([mail.model_copy(update={"body": ""}) for mail in mails], most)
    budget = most - sum(len(mail.model_dump_json()) + 1 for mail in bare)
    shares = share_out([json_length(mail.body) for mail in mails], budget)
    bodies = [cut(mail.body, share) for mail, share in zip(mails, shares, strict=True)]
    return [
        entry.model_copy(update={"body": body, "truncated": mail.truncated or len(body) < len(mail.body)})
        for entry, mail, body in zip(bare, mails, bodies, strict=True)
    ]


def lean_entries(entries: Sequence[Entry], most: int = LARGEST_ANSWER) -> list[Entry]:
    """Leave out recipients and the ends of long lines where entries would take too much."""
    if sum(len(entry.model_dump_json()) + 1 for entry in entries) <= most * 3 // 4:
        return list(entries)
    return [_lean(entry) for entry in entries]


def name_labels(message: Message, labels: Mapping[str, str]) -> list[str]:
    """The names of a mail's labels, of very many the first; the id where there is no name."""
    return limit_list([one_line(labels.get(label_id, label_id), 300) for label_id in label_ids(message)], MOST_LABELS)


def label_ids(message: Message) -> list[str]:
    """The ids of all labels of a mail."""
    ids = message.get("labelIds")
    return [label_id for label_id in ids if isinstance(label_id, str)] if isinstance(ids, list) else []


def _describe_unreadable(message: Message, account: str, labels: Mapping[str, str]) -> dict[str, Any]:
    problem = message.get(PROBLEM)
    return _describe({**message, "snippet": ""}, read_parts(None), account, labels) | {
        "problem": f"{UNREADABLE} {problem}" if isinstance(problem, str) else UNREADABLE,
    }


def _describe(message: Message, root: Part, account: str, labels: Mapping[str, str]) -> dict[str, Any]:
    senders = read_people(root.headers, "From")
    return {
        "id": one_line(str(message.get("id", "")), 200),
        "thread_id": one_line(str(message.get("threadId", "")), 200),
        "from_email": ", ".join(senders),
        "to": read_people(root.headers, "To"),
        "subject": root.headers.line("Subject"),
        "date": read_date(root.headers.get("Date"), message.get("internalDate")),
        "snippet": read_snippet(message.get("snippet")),
        "labels": name_labels(message, labels),
        "unread": "UNREAD" in label_ids(message),
        "has_attachments": bool(find_attachments(root)),
        "account": account,
    }


def _lean(entry: Entry) -> Entry:
    lean: dict[str, Any] = {
        "from_email": ", ".join(shorten_person(person, 150) for person in limit_list(_SENDERS.split(entry.from_email), 2)),
        "subject": shorten(entry.subject, 160),
        "snippet": shorten(entry.snippet, 100),
        "labels": [shorten(label, 40) for label in limit_list(entry.labels, 7)],
    }
    for name in ("to", "cc", "bcc", "reply_to"):
        people = getattr(entry, name, None)
        if people is not None:
            lean[name] = [shorten_person(person, 100) for person in limit_list(people, 3)]
    for name in ("message_id_header", "in_reply_to"):
        if hasattr(entry, name):
            lean[name] = shorten(getattr(entry, name), 320)
    if isinstance(entry, WholeMail):
        lean["attachments"] = entry.attachments[:40]
        lean["more_attachments"] = entry.more_attachments + max(0, len(entry.attachments) - 40)
    return entry.model_copy(update=lean)
