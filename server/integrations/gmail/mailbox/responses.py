"""Makes answers of Gmail's messages, none longer than a client can take."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from server.integrations.gmail.mime.message import Part, find_attachments, read_date, read_parts, read_people, read_text
from server.integrations.gmail.mime.text import cut, json_length, one_line, read_snippet, share_out, shorten
from server.integrations.gmail.models import AttachedFile, ListedMail, MailEntry, WholeMail

LARGEST_ANSWER = 88_000  # characters; ChatGPT takes fewer than 100,000
LARGEST_REST = 40_000  # of them for everything but the text
MOST_ATTACHMENTS = 100

Message = Mapping[str, Any]
Entry = TypeVar("Entry", bound=MailEntry)


def view_entry(message: Message, account: str, labels: Mapping[str, str]) -> MailEntry:
    """A mail without its text."""
    return MailEntry(**_describe(message, read_parts(message.get("payload")), account, labels))


def view_listed(message: Message, account: str, labels: Mapping[str, str], fetched: Mapping[str, bytes]) -> ListedMail:
    """A mail with all of its text; `shorten_to_limit` shortens it."""
    root = read_parts(message.get("payload"))
    described = _describe(message, root, account, labels)
    return ListedMail(**described, cc=read_people(root.headers, "Cc"), body=read_text(root, fetched).text, truncated=False)


def view_whole(
    message: Message, account: str, labels: Mapping[str, str], fetched: Mapping[str, bytes], offset: int = 0
) -> WholeMail:
    """A mail with everything, its text from an offset on and as much of it as fits."""
    root = read_parts(message.get("payload"))
    reading = read_text(root, fetched)
    headers = root.headers
    whole = WholeMail(
        **_describe(message, root, account, labels),
        cc=read_people(headers, "Cc"),
        bcc=read_people(headers, "Bcc"),
        reply_to=read_people(headers, "Reply-To"),
        message_id_header=headers.line("Message-ID"),
        in_reply_to=headers.line("In-Reply-To"),
        attachments=[
            AttachedFile(attachment_id=part.id, name=part.file_name, media_type=part.media_type, size=part.size)
            for part in find_attachments(root)[:MOST_ATTACHMENTS]
        ],
        html=reading.html,
        body="",
        truncated=False,
        next_offset=None,
    )
    if len(whole.model_dump_json()) > LARGEST_REST:
        whole = _lean(whole)
    rest = reading.text[offset:]
    body = cut(rest, LARGEST_ANSWER - len(whole.model_dump_json()))
    truncated = len(body) < len(rest)
    ends = offset + len(body) if truncated else None
    return whole.model_copy(update={"body": body, "truncated": truncated, "next_offset": ends})


def shorten_to_limit(mails: Sequence[ListedMail], most: int = LARGEST_ANSWER) -> list[ListedMail]:
    """Shorten texts so that all mails fit into one answer; short ones stay whole."""
    bare = lean_entries([mail.model_copy(update={"body": ""}) for mail in mails], most)
    budget = most - sum(len(mail.model_dump_json()) + 1 for mail in bare)
    shares = share_out([json_length(mail.body) for mail in mails], budget)
    bodies = [cut(mail.body, share) for mail, share in zip(mails, shares, strict=True)]
    return [
        entry.model_copy(update={"body": body, "truncated": len(body) < len(mail.body)})
        for entry, mail, body in zip(bare, mails, bodies, strict=True)
    ]


def lean_entries(entries: Sequence[Entry], most: int = LARGEST_ANSWER) -> list[Entry]:
    """Leave out recipients and the ends of long lines where entries would take too much."""
    if sum(len(entry.model_dump_json()) + 1 for entry in entries) <= most * 3 // 4:
        return list(entries)
    return [_lean(entry) for entry in entries]


def name_labels(message: Message, labels: Mapping[str, str]) -> list[str]:
    """The names of a mail's labels; the id where there is no name."""
    return [labels.get(label_id, label_id) for label_id in label_ids(message)]


def label_ids(message: Message) -> list[str]:
    """The ids of a mail's labels."""
    ids = message.get("labelIds")
    return [one_line(label_id, 200) for label_id in ids if isinstance(label_id, str)][:100] if isinstance(ids, list) else []


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
        "from_email": shorten(entry.from_email, 160),
        "subject": shorten(entry.subject, 160),
        "snippet": shorten(entry.snippet, 100),
        "labels": [shorten(label, 40) for label in entry.labels[:6]],
    }
    for name in ("to", "cc", "bcc", "reply_to"):
        people = getattr(entry, name, None)
        if people is not None:
            lean[name] = [shorten(person, 100) for person in people[:2]]
    for name in ("message_id_header", "in_reply_to"):
        if hasattr(entry, name):
            lean[name] = shorten(getattr(entry, name), 320)
    if isinstance(entry, WholeMail):
        lean["attachments"] = entry.attachments[:40]
    return entry.model_copy(update=lean)
