"""Drafts are written, read, replaced, sent and deleted, and shown before the last two."""

import base64
import hashlib
import re

import pytest

from server.core.errors import Conflict, InvalidInput, NotFound, UpstreamFailed
from server.integrations.gmail.adapter.google import Google
from server.integrations.gmail.models import DraftMail, InlineFile
from server.sdk.operation import run_for

ALEX = "alex@example.com"


def create(desk, **fields):
    return desk.run(desk.mailbox.drafts.create(DraftMail(**fields)))


def headers_of(desk, message_id):
    (mail,) = [message for message in desk.mails() if message["id"] == message_id]
    return {message["name"].lower(): message["value"] for message in mail["payload"]["headers"]}


def test_draft_with_another_file_than_was_allowed_is_not_written(desk):
    file = desk.context.folders.files / "plan.txt"
    file.write_text("as shown")
    drafts = desk.mailbox.drafts
    stored, order = create(desk, subject="before"), DraftMail(subject="s", files=["plan.txt"])
    shown = [desk.run(drafts.preview_create(order)), desk.run(drafts.preview_update(stored.draft_id, order))]
    file.write_text("another")
    before = len(desk.calls("drafts", "POST") + desk.calls("drafts", "PUT"))
    for effect, write, arguments in zip(shown, (drafts.create, drafts.update), ({}, {"draft_id": stored.draft_id}), strict=True):
        with pytest.raises(Conflict, match="Nothing was"):
            desk.run(run_for(effect, write, {"order": order, **arguments}))
    assert len(desk.calls("drafts", "POST") + desk.calls("drafts", "PUT")) == before
    assert desk.run(run_for(desk.run(drafts.preview_create(order)), drafts.create, {"order": order})).success


def test_draft_is_stored_and_not_sent(desk):
    created = create(desk, to="bob@example.com", subject="Later", body="Not yet")
    draft = desk.run(desk.mailbox.drafts.read(created.draft_id, None))
    assert (draft.mail.to, draft.mail.subject, draft.mail.body) == (["bob@example.com"], "Later", "Not yet")
    assert draft.mail.labels == ["DRAFT"]
    assert desk.calls("send") == []


def test_drafts_are_listed_newest_first_in_pages(desk):
    for number in range(5):
        create(desk, to="bob@example.com", subject=f"number {number}")
    first = desk.run(desk.mailbox.drafts.list_drafts(None, 4, None))
    second = desk.run(desk.mailbox.drafts.list_drafts(None, 4, first.next_page_token))
    assert [draft.subject for draft in first.drafts] == ["number 4", "number 3", "number 2", "number 1"]
    assert [draft.subject for draft in second.drafts] == ["number 0", "Claim for a broken bicycle lamp"]
    assert second.next_page_token is None


def test_draft_may_be_empty(desk):
    draft = create(desk)
    assert desk.run(desk.mailbox.drafts.read(draft.draft_id, None)).mail.subject == ""
    with pytest.raises(InvalidInput, match="nobody"):
        desk.run(desk.mailbox.drafts.preview_send(draft.draft_id, None))


def test_draft_can_reply_to_a_thread(desk):
    thread_id = desk.run(desk.mailbox.inbox.read(desk.find("valve in stock"), 0, None)).thread_id
    effect = desk.run(desk.mailbox.drafts.preview_create(DraftMail(thread_id=thread_id, body="Yes")))
    assert dict(effect.fields)["To"].endswith("<appointments@northside-heating.example.org>")
    draft = create(desk, thread_id=thread_id, body="Yes", to="joan@example.com")
    assert draft.thread_id == thread_id
    headers = headers_of(desk, draft.message_id)
    assert (headers["to"], headers["subject"]) == ("joan@example.com", "RE: Boiler inspection")
    assert headers["in-reply-to"] in headers["references"]


def test_draft_is_replaced_in_its_thread(desk):
    thread_id = desk.run(desk.mailbox.inbox.read(desk.find("valve in stock"), 0, None)).thread_id
    draft = create(desk, thread_id=thread_id, body="Yes")
    order = DraftMail(to="joan@example.com", subject="RE: Boiler inspection", body="No")
    effect = desk.run(desk.mailbox.drafts.preview_update(draft.draft_id, order))
    assert "appointments@northside" in dict(effect.fields)["Replaces"]
    again = desk.run(desk.mailbox.drafts.update(draft.draft_id, order))
    assert (again.draft_id, again.thread_id) == (draft.draft_id, thread_id)
    assert headers_of(desk, again.message_id)["in-reply-to"]
    assert desk.run(desk.mailbox.drafts.read(draft.draft_id, None)).mail.body == "No"


def test_preview_of_a_draft_has_its_attachments(desk):
    file = InlineFile(name="größe.txt", media_type="text/plain", content=base64.b64encode(b"content").decode())
    draft = create(desk, to="Bob <bob@example.com>", bcc=["eve@example.com"], subject="Hällo", body="Text", attachments=[file])
    effect = desk.run(desk.mailbox.drafts.preview_send(draft.draft_id, None))
    shown = dict(effect.fields)
    assert effect.sentence == "send the draft to Bob <bob@example.com>, eve@example.com"
    assert effect.recipients == ("bob@example.com", "eve@example.com")
    assert (shown["Account"], shown["Bcc"], shown["Subject"], shown["Body"]) == (ALEX, "eve@example.com", "Hällo", "Text")
    assert shown["Attachment"] == f"größe.txt, 7 bytes, SHA-256 {hashlib.sha256(b'content').hexdigest()}"
    sent = desk.run(desk.mailbox.drafts.send(draft.draft_id, None))
    assert sent.message_id in {mail["id"] for mail in desk.mails() if "SENT" in mail["labelIds"]}
    with pytest.raises(NotFound):
        desk.run(desk.mailbox.drafts.send(draft.draft_id, None))


def test_every_recipient_of_a_stored_draft_is_shown(desk, add_case):
    add_case("draft-unseen-cc")
    (draft,) = [
        listed for listed in desk.run(desk.mailbox.drafts.list_drafts(None, 10, None)).drafts if listed.subject == "Draft c"
    ]
    effect = desk.run(desk.mailbox.drafts.preview_send(draft.draft_id, None))
    assert dict(effect.fields)["Cc"] == "Second Account <alex.morgan@example.org>, boss@corp.example <eve@evil.example>"
    assert set(effect.recipients) == {"priya@example.net", "alex.morgan@example.org", "eve@evil.example", "boss@corp.example"}


def store(desk, raw: bytes) -> str:
    with desk.google.lock:
        mailbox = desk.google.mailboxes[ALEX]
        return mailbox.keep_draft(mailbox.add(raw, {"DRAFT"}))


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (b"To: bob@example.com\nCc: Eve", "'Eve' as a recipient"),
        (b"To: Bob <bob@example.com> <eve@example.com>", "'Bob <bob@example.com> <eve@example.com>' as a recipient"),
        (b'To: bob \\" <bob@example.com>, eve@example.com " <bob@example.com>', "as a recipient"),
        (b"To: bob@example.com\nCc : eve@example.com", "malformed"),
        (b"To: bob@example.com\nnonsense\nCc: eve@example.com", "malformed"),
        (b"To: " + b", ".join(b"u%d@example.com" % number for number in range(501)), "500 people at most"),
    ],
)
def test_draft_with_uncertain_recipients_is_not_sent(desk, headers, why):
    draft_id = store(desk, headers + b"\nSubject: s\n\ntext")
    for attempt in (desk.mailbox.drafts.preview_send, desk.mailbox.drafts.send):
        with pytest.raises(InvalidInput, match=re.escape(why)):
            desk.run(attempt(draft_id, None))
    assert desk.calls("drafts/send") == []
    assert desk.run(desk.mailbox.drafts.preview_delete(draft_id, None)).sentence.startswith("delete the draft")


def test_changed_draft_is_previewed_again(desk):
    draft = create(desk, to="bob@example.com", subject="s", body="Text")
    before = desk.run(desk.mailbox.drafts.preview_send(draft.draft_id, None))
    desk.run(desk.mailbox.drafts.update(draft.draft_id, DraftMail(to="eve@example.com", subject="s", body="Text")))
    assert desk.run(desk.mailbox.drafts.preview_send(draft.draft_id, None)) != before


def sent_to(desk):
    sent = [mail for mail in desk.mails() if "SENT" in mail["labelIds"]]
    return {header["value"] for mail in sent for header in mail["payload"]["headers"] if header["name"] == "To"}


def test_draft_changed_after_its_preview_is_not_sent(desk):
    draft = create(desk, to="bob@example.com", subject="s", body="Text", html="<p>Text</p>")
    shown = desk.run(desk.mailbox.drafts.preview_send(draft.draft_id, None))
    same = DraftMail(to="bob@example.com", subject="s", body="Text", html="<p><!-- as good as nothing -->Text</p>")
    for other in (DraftMail(to="eve@example.com", subject="s", body="Text", html="<p>Text</p>"), same):
        desk.run(desk.mailbox.drafts.update(draft.draft_id, other))
        with pytest.raises(Conflict, match="Nothing was"):
            desk.run(run_for(shown, desk.mailbox.drafts.send, {"draft_id": draft.draft_id, "account": None}))
    assert desk.calls("drafts/send") == []
    assert desk.run(desk.mailbox.drafts.read(draft.draft_id, None)).mail.body == "Text"


def test_draft_changed_at_the_moment_of_sending_is_sent_as_approved(desk, monkeypatch):
    draft = create(desk, to="bob@example.com", subject="s", body="Text")
    send = Google.call_each

    def change_and_send(google, options, method, calls):
        if method == "drafts.send":
            mail = b"To: eve@example.com\r\nSubject: s\r\n\r\nsecret"
            assert google.save_draft(options, mail, None, draft.draft_id)["id"] == draft.draft_id
        return send(google, options, method, calls)

    monkeypatch.setattr(Google, "call_each", change_and_send)
    shown = desk.run(desk.mailbox.drafts.preview_send(draft.draft_id, None))
    sent = desk.run(run_for(shown, desk.mailbox.drafts.send, {"draft_id": draft.draft_id, "account": None}))
    assert headers_of(desk, sent.message_id)["to"] == "bob@example.com"
    assert "eve@example.com" not in sent_to(desk)
    with pytest.raises(NotFound):
        desk.run(desk.mailbox.drafts.read(draft.draft_id, None))


def test_draft_in_a_thread_is_sent_into_it(desk):
    thread_id = desk.run(desk.mailbox.inbox.read(desk.find("valve in stock"), 0, None)).thread_id
    draft = create(desk, thread_id=thread_id, body="Yes")
    assert desk.run(desk.mailbox.drafts.send(draft.draft_id, None)).thread_id == thread_id


def test_draft_is_sent_once(desk):
    draft = create(desk, to="bob@example.com", subject="s", body="Text")
    desk.google.drop_next(path="drafts/send", after=True)
    with pytest.raises(UpstreamFailed, match="Look into Sent"):
        desk.run(desk.mailbox.drafts.send(draft.draft_id, None))
    assert len(desk.calls("drafts/send")) == 1


def test_deletion_of_a_draft_has_a_preview(desk):
    draft = create(desk, to="bob@example.com", subject="Gone", body="Text")
    effect = desk.run(desk.mailbox.drafts.preview_delete(draft.draft_id, None))
    assert effect.sentence == "delete the draft “Gone” permanently"
    assert dict(effect.fields)["Note"] == "This cannot be undone."
    assert desk.run(desk.mailbox.drafts.delete(draft.draft_id, None)).success
    for attempt in (desk.mailbox.drafts.read, desk.mailbox.drafts.preview_delete, desk.mailbox.drafts.delete):
        with pytest.raises(NotFound):
            desk.run(attempt(draft.draft_id, None))


@pytest.mark.parametrize(
    "fields", [{"to": "bob"}, {"subject": "a\nb"}, {"files": ["missing"]}, {"thread_id": "ffffffffffffffff"}]
)
def test_draft_that_cannot_be_composed_is_refused(desk, fields):
    with pytest.raises((InvalidInput, NotFound)):
        create(desk, **fields)
    assert desk.calls("drafts", "POST") == []


HTML_DRAFT = b"To: bob@example.com\nSubject: s\nContent-Type: text/html; charset=utf-8\n\n"


def test_stored_draft_is_shown_as_it_is(desk):
    effect = desk.run(desk.mailbox.drafts.preview_send(store(desk, HTML_DRAFT + b"<p>Hi <b>Bob</b></p>"), None))
    assert (dict(effect.fields)["HTML part"], effect.html, effect.source) == ("Hi Bob", "<p>Hi <b>Bob</b></p>", "")


def test_stored_draft_that_cannot_be_shown_completely_says_so_and_has_its_source(desk):
    html = b"<style>p::after{content:'pay'}</style><p>Hi"
    draft_id = store(desk, HTML_DRAFT + html)
    effect = desk.run(desk.mailbox.drafts.preview_send(draft_id, None))
    assert dict(effect.fields)["Not shown completely"] == (
        "part 1 (text/html): a style sheet, which may add words. Open these parts in full before you allow this."
    )
    assert (effect.html, effect.source) == ("", f"Part 1, text/html:\n{html.decode()}")
    assert desk.run(run_for(effect, desk.mailbox.drafts.send, {"draft_id": draft_id, "account": None})).success


def test_end_of_a_very_long_stored_draft_can_be_opened(desk):
    effect = desk.run(desk.mailbox.drafts.preview_send(store(desk, HTML_DRAFT + b"word\n" * 120_000 + b"and pay"), None))
    assert "its end, because it is too long" in dict(effect.fields)["Not shown completely"]
    assert effect.source.endswith("and pay")


def test_stored_draft_that_is_too_long_to_be_shown_is_not_sent(desk):
    draft_id = store(desk, HTML_DRAFT + b"word\n" * 500_000)
    with pytest.raises(InvalidInput, match="too long to be shown"):
        desk.run(desk.mailbox.drafts.preview_send(draft_id, None))


def test_whole_subject_of_a_stored_draft_is_shown(desk):
    draft_id = store(desk, b"To: bob@example.com\nSubject: " + b"\n ".join([b"word"] * 500) + b" pay\n\ntext")
    assert dict(desk.run(desk.mailbox.drafts.preview_send(draft_id, None)).fields)["Subject"].endswith("word pay")


def test_draft_that_cannot_be_read_is_not_sent_and_can_be_deleted(desk):
    with desk.google.lock:
        mailbox = desk.google.mailboxes["alex@example.com"]
        draft_id = mailbox.keep_draft(mailbox.add(b"To: a@example.com\r\nContent-Type: text/plain" + b";" * 10_000, {"DRAFT"}))
    with pytest.raises(InvalidInput, match="Open it in Gmail"):
        desk.run(desk.mailbox.drafts.preview_send(draft_id, None))
    assert "cannot be read" in dict(desk.run(desk.mailbox.drafts.preview_delete(draft_id, None)).fields)["Body"]
    assert desk.run(desk.mailbox.drafts.delete(draft_id, None)).success


def test_draft_that_gmail_does_not_answer_hides_no_other(desk):
    drafts = desk.run(desk.mailbox.drafts.list_drafts(None, 20, None)).drafts
    with desk.google.lock:
        mailbox = desk.google.mailboxes["alex@example.com"]
        broken = mailbox.keep_draft(mailbox.add(b"To: a@example.com\r\n\r\nhi", {"DRAFT"}))
    desk.google.fail_next(500, path=f"drafts/{broken}$")
    listed = desk.run(desk.mailbox.drafts.list_drafts(None, 20, None)).drafts
    assert len(listed) == len(drafts) + 1
    assert [draft.draft_id for draft in listed if draft.problem] == [broken]


def test_draft_in_a_thread_is_written_from_the_address_that_was_written_to(desk, add_case):
    add_case("alias")
    thread_id = desk.run(desk.mailbox.inbox.read(desk.find('subject:"Alias mail"'), 0, None)).thread_id
    saved = desk.run(desk.mailbox.drafts.create(DraftMail(body="Yes.", thread_id=thread_id)))
    written = desk.run(desk.mailbox.drafts.read(saved.draft_id, None)).mail
    assert (written.from_email, written.to) == ("hello@harbour-studio.example", ["Rosa Lind <rosa@lind.example>"])
    desk.run(desk.mailbox.drafts.update(saved.draft_id, DraftMail(to="rosa@lind.example", body="No.")))
    assert desk.run(desk.mailbox.drafts.read(saved.draft_id, None)).mail.from_email == "hello@harbour-studio.example"
