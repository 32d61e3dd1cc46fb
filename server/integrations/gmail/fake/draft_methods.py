"""The methods of Gmail's API for drafts."""

from email.utils import format_datetime

from server.integrations.gmail.fake.google import JsonObject
from server.integrations.gmail.fake.mail import describe_mail
from server.integrations.gmail.fake.mailbox import Mailbox
from server.integrations.gmail.fake.methods import Call, page, read_raw, read_thread_id, search
from server.integrations.gmail.fake.wire import normalise, with_headers, without_header


def list_drafts(call: Call) -> JsonObject:
    ids = {mail_id: draft_id for draft_id, mail_id in call.mailbox.drafts.items()}
    mails, more = page(call, [mail for mail in search(call) if mail.id in ids])
    drafts = [{"id": ids[mail.id], "message": {"id": mail.id, "threadId": mail.thread_id}} for mail in mails]
    return {"drafts": drafts} | more if drafts else more


def get_draft(call: Call) -> JsonObject:
    return {"id": call.path["id"], "message": describe_mail(call.mailbox.find_draft(call.path["id"]), call.form())}


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


def _keep(call: Call, raw: bytes, thread_id: str, draft_id: str = "") -> JsonObject:
    mailbox: Mailbox = call.mailbox
    mail = mailbox.add(call.post.complete(raw, mailbox.account), {"DRAFT"}, thread_id=thread_id)
    draft_id = mailbox.keep_draft(mail, draft_id)
    return {"id": draft_id, "message": {"id": mail.id, "threadId": mail.thread_id, "labelIds": ["DRAFT"]}}
