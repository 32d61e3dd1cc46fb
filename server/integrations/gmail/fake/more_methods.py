"""The methods of Gmail's API for drafts, labels and the history."""

from email.utils import format_datetime
from itertools import groupby
from typing import Any

from server.integrations.gmail.fake.google import GoogleError, JsonObject
from server.integrations.gmail.fake.mail import describe_mail
from server.integrations.gmail.fake.mailbox import Change, Mailbox
from server.integrations.gmail.fake.methods import Call, page, read_raw, read_thread_id, search
from server.integrations.gmail.fake.wire import normalise, with_headers, without_header


def list_drafts(call: Call) -> JsonObject:
    ids = {mail_id: draft_id for draft_id, mail_id in call.mailbox.drafts.items()}
    found, more = page(call, [mail for mail in search(call) if mail.id in ids])
    drafts = [{"id": ids[mail.id], "message": {"id": mail.id, "threadId": mail.thread_id}} for mail in found]
    return {"drafts": drafts} | more if drafts else more


def get_draft(call: Call) -> JsonObject:
    mail = call.mailbox.find_draft(call.path["id"])
    return {"id": call.path["id"], "message": describe_mail(mail, call.form())}


def create_draft(call: Call) -> JsonObject:
    message = call.body.get("message")
    raw = read_raw(call, message)
    return _keep(call, raw, call.mailbox.place_answer(raw, read_thread_id(message)))


def update_draft(call: Call) -> JsonObject:
    old = call.mailbox.find_draft(call.path["id"])
    message = call.body.get("message")
    raw = read_raw(call, message)
    alone = len(call.mailbox.thread(old.thread_id)) == 1
    thread_id = call.mailbox.place_answer(raw, read_thread_id(message)) or (old.thread_id if alone else "")
    call.mailbox.delete(old.id)
    return _keep(call, raw, thread_id, call.path["id"])


def send_draft(call: Call) -> JsonObject:
    """Send a draft, which is then gone; the mail that went out is another one, with an id of its own."""
    draft, message = call.mailbox.find_draft(str(call.body.get("id"))), call.body.get("message")
    raw, thread_id = draft.raw, read_thread_id(message) or draft.thread_id
    if call.content is not None or (isinstance(message, dict) and message.get("raw")):
        raw = read_raw(call, message)
    raw = with_headers(without_header(normalise(raw), "Date"), [("Date", format_datetime(call.post.clock.now()))])
    sent = call.post.send(call.mailbox, raw, thread_id)
    if sent.thread_id == sent.id and len(call.mailbox.thread(draft.thread_id)) == 1:
        sent.thread_id = draft.thread_id
    call.mailbox.delete(draft.id)
    return {"id": sent.id, "threadId": sent.thread_id, "labelIds": sorted(sent.labels)}


def delete_draft(call: Call) -> None:
    call.mailbox.delete(call.mailbox.find_draft(call.path["id"]).id)


def list_labels(call: Call) -> JsonObject:
    return {"labels": call.mailbox.labels.describe_all()}


def get_label(call: Call) -> JsonObject:
    return call.mailbox.labels.describe(call.path["id"]) | call.mailbox.count(call.path["id"])


def create_label(call: Call) -> JsonObject:
    return call.mailbox.labels.create(call.body)


def change_label(call: Call) -> JsonObject:
    return call.mailbox.labels.change(call.path["id"], call.body)


def delete_label(call: Call) -> None:
    call.mailbox.labels.delete(call.path["id"])
    for mail in call.mailbox.mails.values():
        call.mailbox.change_labels(mail, (), {call.path["id"]})


def list_history(call: Call) -> JsonObject:
    start = call.ask("startHistoryId")
    if not start.isdecimal():
        raise GoogleError(400, "Missing required parameter: startHistoryId" if not start else "Invalid startHistoryId")
    first = call.mailbox.history[0].id if call.mailbox.history else call.mailbox.history_id
    if int(start) < first - 1:
        raise GoogleError(404)
    changes = [change for change in call.mailbox.history if change.id > int(start) and _wanted(call, change)]
    found, more = page(call, changes)
    more.pop("resultSizeEstimate")
    history = [_describe_change(change_id, list(group)) for change_id, group in groupby(found, lambda change: change.id)]
    return ({"history": history} if history else {}) | more | {"historyId": str(call.mailbox.history_id)}


def _wanted(call: Call, change: Change) -> bool:
    kinds = {"messageAdded": "messagesAdded", "messageDeleted": "messagesDeleted"} | {
        "labelAdded": "labelsAdded",
        "labelRemoved": "labelsRemoved",
    }
    asked = {kinds.get(kind, kind) for kind in call.query.get("historyTypes", ())}
    label = call.ask("labelId")
    return (not asked or change.kind in asked) and (not label or label in change.mail.labels | set(change.labels))


def _describe_change(change_id: int, changes: list[Change]) -> JsonObject:
    described: JsonObject = {"id": str(change_id), "messages": [_brief(change) for change in changes]}
    for change in changes:
        entry: dict[str, Any] = {"message": _brief(change) | {"labelIds": sorted(change.mail.labels)}}
        if change.labels:
            entry["labelIds"] = list(change.labels)
        described.setdefault(change.kind, []).append(entry)
    return described


def _brief(change: Change) -> JsonObject:
    return {"id": change.mail.id, "threadId": change.mail.thread_id}


def _keep(call: Call, raw: bytes, thread_id: str, draft_id: str = "") -> JsonObject:
    mailbox: Mailbox = call.mailbox
    mail = mailbox.add(call.post.complete(raw, mailbox.account), {"DRAFT"}, thread_id=thread_id)
    draft_id = mailbox.keep_draft(mail, draft_id)
    return {"id": draft_id, "message": {"id": mail.id, "threadId": mail.thread_id, "labelIds": ["DRAFT"]}}
