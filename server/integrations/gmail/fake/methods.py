"""The methods of Gmail's API that the fake answers, as the discovery document in google-api-python-client describes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from server.integrations.gmail.fake.delivery import Post
from server.integrations.gmail.fake.google import GoogleError, JsonObject
from server.integrations.gmail.fake.mail import Mail, decode, describe_mail, encode, find_attachment
from server.integrations.gmail.fake.mailbox import Mailbox
from server.integrations.gmail.fake.wire import read_header

Item = TypeVar("Item")
METADATA = "https://www.googleapis.com/auth/gmail.metadata"


@dataclass(frozen=True)
class Call:
    """A request that was let in. `content` is the mail of an upload."""

    mailbox: Mailbox
    post: Post
    scopes: frozenset[str]
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: JsonObject
    content: bytes | None = None

    def ask(self, name: str, default: str = "") -> str:
        """Answer a query parameter."""
        return self.query[name][-1] if self.query.get(name) else default

    def flag(self, name: str) -> bool:
        """Answer a query parameter that is true or false."""
        return self.ask(name).lower() == "true"

    def form(self, default: str = "full") -> str:
        """Answer the format that the caller wants and may see."""
        form = self.ask("format", default).lower()
        if form not in {"minimal", "full", "raw", "metadata"}:
            raise GoogleError(400, f"Invalid value at 'format': \"{form}\"")
        if form in {"full", "raw"} and self.scopes == {METADATA}:
            raise GoogleError(403, f"Metadata scope doesn't allow format {form.upper()}", "forbidden")
        return form

    def strings(self, name: str, most: int) -> list[str]:
        """Answer a list of strings in the body."""
        found = self.body.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise GoogleError(400, f"Invalid value at '{name}'")
        if len(found) > most:
            raise GoogleError(400, f"Too many values at '{name}': at most {most}")
        return found


Method = Callable[[Call], JsonObject | None]


def get_profile(call: Call) -> JsonObject:
    mails = call.mailbox.mails.values()
    return {
        "emailAddress": call.mailbox.account.address,
        "messagesTotal": len(mails),
        "threadsTotal": len({mail.thread_id for mail in mails}),
        "historyId": str(call.mailbox.history_id),
    }


def list_messages(call: Call) -> JsonObject:
    found, more = page(call, search(call))
    return {"messages": [_reference(mail) for mail in found]} | more if found else more


def get_message(call: Call) -> JsonObject:
    mail = call.mailbox.find(call.path["id"])
    return describe_mail(mail, call.form(), call.query.get("metadataHeaders", ()))


def get_attachment(call: Call) -> JsonObject:
    content = find_attachment(call.mailbox.find(call.path["messageId"]), call.path["id"])
    return {"size": len(content), "data": encode(content)}


def send_message(call: Call) -> JsonObject:
    sent = call.post.send(call.mailbox, read_raw(call, call.body), read_thread_id(call.body))
    return _reference(sent, labels=True)


def insert_message(call: Call, by_default: str = "receivedTime") -> JsonObject:
    raw = read_raw(call, call.body)
    labels = set(call.strings("labelIds", 100))
    call.mailbox.labels.check_ids(labels - {"SENT"})
    received = _dated(raw) if call.ask("internalDateSource", by_default) == "dateHeader" else None
    thread_id = call.mailbox.place_answer(raw, read_thread_id(call.body)) or call.mailbox.place_arrival(raw)
    return _reference(call.mailbox.add(raw, labels, thread_id=thread_id, received=received), labels=True)


def import_message(call: Call) -> JsonObject:
    return insert_message(call, "dateHeader")


def modify_message(call: Call) -> JsonObject:
    mail = call.mailbox.find(call.path["id"])
    _modify(call, [mail])
    return _reference(mail, labels=True)


def modify_batch(call: Call) -> None:
    wanted = call.strings("ids", 1000)
    if not wanted:
        raise GoogleError(400, "No message ids specified.")
    _modify(call, [call.mailbox.find(mail_id) for mail_id in wanted])


def delete_batch(call: Call) -> None:
    for mail_id in call.strings("ids", 1000):
        if mail_id in call.mailbox.mails:
            call.mailbox.delete(mail_id)


def delete_message(call: Call) -> None:
    call.mailbox.delete(call.path["id"])


def trash_message(call: Call) -> JsonObject:
    mail = call.mailbox.find(call.path["id"])
    call.mailbox.change_labels(mail, {"TRASH"}, {"INBOX", "SPAM"})
    return _reference(mail, labels=True)


def untrash_message(call: Call) -> JsonObject:
    mail = call.mailbox.find(call.path["id"])
    call.mailbox.change_labels(mail, (), {"TRASH"})
    return _reference(mail, labels=True)


def list_threads(call: Call) -> JsonObject:
    newest: dict[str, Mail] = {}
    for mail in search(call):
        newest.setdefault(mail.thread_id, mail)
    found, more = page(call, list(newest.values()))
    if not found:
        return more
    lines = [
        {"id": mail.thread_id, "snippet": mail.snippet, "historyId": _newest_change(call.mailbox.thread(mail.thread_id))}
        for mail in found
    ]
    return {"threads": lines} | more


def get_thread(call: Call) -> JsonObject:
    form = call.form()
    if form == "raw":
        raise GoogleError(400, "Invalid value at 'format': \"raw\"")
    mails = call.mailbox.thread(call.path["id"])
    names = call.query.get("metadataHeaders", ())
    described = [describe_mail(mail, form, names) for mail in mails]
    return {"id": call.path["id"], "historyId": _newest_change(mails), "messages": described}


def modify_thread(call: Call) -> JsonObject:
    mails = call.mailbox.thread(call.path["id"])
    _modify(call, mails)
    return _thread(mails)


def trash_thread(call: Call) -> JsonObject:
    mails = call.mailbox.thread(call.path["id"])
    for mail in mails:
        call.mailbox.change_labels(mail, {"TRASH"}, {"INBOX", "SPAM"})
    return _thread(mails)


def untrash_thread(call: Call) -> JsonObject:
    mails = call.mailbox.thread(call.path["id"])
    for mail in mails:
        call.mailbox.change_labels(mail, (), {"TRASH"})
    return _thread(mails)


def delete_thread(call: Call) -> None:
    for mail in call.mailbox.thread(call.path["id"]):
        call.mailbox.delete(mail.id)


def search(call: Call) -> list[Mail]:
    """Answer the mails that a list asks for."""
    if call.ask("q") and call.scopes == {METADATA}:
        raise GoogleError(403, "Metadata scope does not support 'q' parameter", "forbidden")
    label_ids = call.query.get("labelIds", ())
    for label_id in label_ids:
        call.mailbox.labels.describe(label_id)
    return call.mailbox.search(call.ask("q"), label_ids, everywhere=call.flag("includeSpamTrash"))


def page(call: Call, found: Sequence[Item], most: int = 500) -> tuple[Sequence[Item], dict[str, Any]]:
    """Answer the part of a list that is asked for, and what is said about the rest."""
    size, start = call.ask("maxResults", "100"), call.ask("pageToken", "0")
    if not size.isdecimal() or not start.isdecimal():
        raise GoogleError(400, "Invalid pageToken" if size.isdecimal() else "Invalid value at 'maxResults'")
    end = int(start) + (min(int(size), most) or 100)
    more: dict[str, Any] = {"nextPageToken": f"{end:020d}"} if end < len(found) else {}
    return found[int(start) : end], more | {"resultSizeEstimate": min(len(found), 201)}


def read_raw(call: Call, message: Any) -> bytes:
    """Answer the mail that a request brings, as an upload or in its JSON."""
    if call.content is not None:
        return call.content
    raw = message.get("raw") if isinstance(message, dict) else None
    if not isinstance(raw, str) or not raw:
        raise GoogleError(400, "'raw' RFC822 payload message string or uploading message via /upload/* URL required")
    try:
        return decode(raw)
    except ValueError:
        raise GoogleError(400, "Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed") from None


def read_thread_id(message: Any) -> str:
    """Answer the thread that a mail is meant for; empty without one."""
    thread_id = message.get("threadId", "") if isinstance(message, dict) else ""
    if not isinstance(thread_id, str):
        raise GoogleError(400, "Invalid thread_id value")
    return thread_id


def _modify(call: Call, mails: list[Mail]) -> None:
    add, remove = set(call.strings("addLabelIds", 100)), set(call.strings("removeLabelIds", 100))
    call.mailbox.labels.check_ids(add | remove)
    if not add | remove:
        raise GoogleError(400, "No label add or removes specified")
    if add & remove:
        raise GoogleError(400, "Cannot both add and remove the same label")
    for mail in mails:
        call.mailbox.change_labels(mail, add, remove)


def _reference(mail: Mail, *, labels: bool = False) -> JsonObject:
    shown: JsonObject = {"labelIds": sorted(mail.labels)} if labels and mail.labels else {}
    return {"id": mail.id, "threadId": mail.thread_id} | shown


def _thread(mails: list[Mail]) -> JsonObject:
    return {"id": mails[0].thread_id, "messages": [_reference(mail, labels=True) for mail in mails]}


def _newest_change(mails: list[Mail]) -> str:
    return str(max(mail.history_id for mail in mails))


def _dated(raw: bytes) -> int | None:
    try:
        return int(parsedate_to_datetime(read_header(raw, "Date")).timestamp() * 1000)
    except ValueError:
        return None
