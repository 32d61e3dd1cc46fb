"""The methods of Gmail's API that the fake answers, as the discovery document in google-api-python-client describes them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from server.integrations.gmail.fake.delivery import Post
from server.integrations.gmail.fake.google import GoogleError, JsonObject
from server.integrations.gmail.fake.mail import Mail, decode, describe_mail, encode, find_attachment
from server.integrations.gmail.fake.mailbox import Mailbox

Item = TypeVar("Item")


@dataclass(frozen=True)
class Call:
    """A request that was let in. `content` is the mail of an upload."""

    mailbox: Mailbox
    post: Post
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: JsonObject
    content: bytes | None = None

    def ask(self, name: str, default: str = "") -> str:
        """Answer a query parameter."""
        return self.query[name][-1] if self.query.get(name) else default

    def form(self, default: str = "full") -> str:
        """Answer the format that the caller wants and may see."""
        form = self.ask("format", default).lower()
        if form not in {"minimal", "full", "raw", "metadata"}:
            raise GoogleError(400, f"Invalid value at 'format': \"{form}\"")
        return form

    def strings(self, name: str, most: int) -> list[str]:
        """Answer a list of strings in the body."""
        values = self.body.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise GoogleError(400, f"Invalid value at '{name}'")
        if len(values) > most:
            raise GoogleError(400, f"Too many values at '{name}': at most {most}")
        return values


Method = Callable[[Call], JsonObject | None]


def get_profile(call: Call) -> JsonObject:
    mails = call.mailbox.mails.values()
    return {
        "emailAddress": call.mailbox.account.address,
        "messagesTotal": len(mails),
        "threadsTotal": len({mail.thread_id for mail in mails}),
    }


def list_messages(call: Call) -> JsonObject:
    mails, more = page(call, search(call))
    return {"messages": [_reference(mail) for mail in mails]} | more if mails else more


def get_message(call: Call) -> JsonObject:
    mail = call.mailbox.find(call.path["id"])
    return describe_mail(mail, call.form(), call.query.get("metadataHeaders", ()))


def get_attachment(call: Call) -> JsonObject:
    content = find_attachment(call.mailbox.find(call.path["messageId"]), call.path["id"])
    return {"size": len(content), "data": encode(content)}


def send_message(call: Call) -> JsonObject:
    sent = call.post.send(call.mailbox, read_raw(call, call.body), read_thread_id(call.body))
    return _reference(sent, labels=True)


def modify_message(call: Call) -> JsonObject:
    mail = call.mailbox.find(call.path["id"])
    add, remove = set(call.strings("addLabelIds", 100)), set(call.strings("removeLabelIds", 100))
    call.mailbox.labels.check_ids(add | remove)
    if not add | remove:
        raise GoogleError(400, "No label add or removes specified")
    if add & remove:
        raise GoogleError(400, "Cannot both add and remove the same label")
    call.mailbox.change_labels(mail, add, remove)
    return _reference(mail, labels=True)


def move_message(call: Call, add: Collection[str], remove: Collection[str]) -> JsonObject:
    mail = call.mailbox.find(call.path["id"])
    call.mailbox.change_labels(mail, add, remove)
    return _reference(mail, labels=True)


trash_message = partial(move_message, add={"TRASH"}, remove={"INBOX", "SPAM"})
untrash_message = partial(move_message, add=(), remove={"TRASH"})


def get_thread(call: Call) -> JsonObject:
    form = call.form()
    if form == "raw":
        raise GoogleError(400, "Invalid value at 'format': \"raw\"")
    names, mails = call.query.get("metadataHeaders", ()), call.mailbox.thread(call.path["id"])
    return {"id": call.path["id"], "messages": [describe_mail(mail, form, names) for mail in mails]}


def list_labels(call: Call) -> JsonObject:
    return {"labels": call.mailbox.labels.describe_all()}


def list_send_as(call: Call) -> JsonObject:
    account = call.mailbox.account
    primary = {"sendAsEmail": account.address, "displayName": account.name, "isPrimary": True, "isDefault": True}
    others = [
        {"sendAsEmail": alias, "displayName": account.name, "treatAsAlias": True, "verificationStatus": "accepted"}
        for alias in account.aliases
    ]
    return {"sendAs": [primary, *others]}


def get_label(call: Call) -> JsonObject:
    return call.mailbox.labels.describe(call.path["id"]) | call.mailbox.count(call.path["id"])


def search(call: Call) -> list[Mail]:
    """Answer the mails that a list asks for."""
    label_ids = call.query.get("labelIds", ())
    for label_id in label_ids:
        call.mailbox.labels.describe(label_id)
    return call.mailbox.search(call.ask("q"), label_ids, everywhere=call.ask("includeSpamTrash").lower() == "true")


def page(call: Call, items: Sequence[Item], most: int = 500) -> tuple[Sequence[Item], dict[str, Any]]:
    """Answer the part of a list that is asked for, and what is said about the rest."""
    size, start = call.ask("maxResults", "100"), call.ask("pageToken", "0")
    if not size.isdecimal() or not start.isdecimal():
        raise GoogleError(400, "Invalid pageToken" if size.isdecimal() else "Invalid value at 'maxResults'")
    end = int(start) + (min(int(size), most) or 100)
    more: dict[str, Any] = {"nextPageToken": f"{end:020d}"} if end < len(items) else {}
    return items[int(start) : end], more | {"resultSizeEstimate": min(len(items), 201)}


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


def _reference(mail: Mail, *, labels: bool = False) -> JsonObject:
    shown: JsonObject = {"labelIds": sorted(mail.labels)} if labels and mail.labels else {}
    return {"id": mail.id, "threadId": mail.thread_id} | shown
