"""A mail goes out once, as the person was shown it, and whoever sent it learns what became of it."""

import base64
import hashlib

import pytest

from server.core.errors import (
    Conflict,
    DeskhandError,
    Forbidden,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unavailable,
    UpstreamFailed,
    UpstreamTimedOut,
)
from server.integrations.gmail.adapter.google import Google
from server.integrations.gmail.fake.recipients import read_recipients
from server.integrations.gmail.models import InlineFile, NewMail, Reply
from server.sdk.operation import current_call, run_for

ALEX, OTHER = "alex@example.com", "alex.morgan@example.org"


def new_mail(**changes):
    return NewMail(**{"to": "Bob <bob@example.com>", "subject": "A plan", "body": "Hello\nBob", **changes})


def send(desk, **changes):
    return desk.run(desk.mailbox.outbox.send(new_mail(**changes)))


def in_label(desk, label, account=ALEX):
    return [mail for mail in desk.mails(account) if label in mail["labelIds"]]


def header(mail, name):
    return [field["value"] for field in mail["payload"]["headers"] if field["name"].lower() == name.lower()]


def test_mail_is_created_as_draft_and_then_sent(desk):
    drafts = len(in_label(desk, "DRAFT"))
    sent = send(desk, cc=["eve@example.com"], html="<p>Hello</p>")
    assert (sent.success, sent.message, sent.account) == (True, "Email sent successfully", ALEX)
    (mail,) = [message for message in in_label(desk, "SENT") if message["id"] == sent.message_id]
    assert (header(mail, "To"), header(mail, "Cc"), header(mail, "Subject")) == (
        ["Bob <bob@example.com>"],
        ["eve@example.com"],
        ["A plan"],
    )
    assert mail["threadId"] == sent.thread_id
    assert len(in_label(desk, "DRAFT")) == drafts
    assert [message.path.rpartition("/")[2] for message in desk.calls("gmail", "POST")] == ["drafts", "send"]


def test_mail_between_the_two_accounts_arrives(desk):
    sent = send(desk, to=[ALEX, "bob@example.com"], bcc="x@example.com", account=OTHER, subject="Across")
    assert sent.account == OTHER
    (arrived,) = [mail for mail in in_label(desk, "INBOX") if header(mail, "Subject") == ["Across"]]
    assert header(arrived, "Bcc") == []
    assert OTHER in header(arrived, "From")[0]


def test_recipient_hidden_in_a_display_name_is_shown_too(desk):
    effect = desk.run(desk.mailbox.outbox.preview_send(new_mail(to="bob@example.com <eve@example.com>")))
    assert effect.recipients == ("eve@example.com",)
    assert dict(effect.fields)["To"] == "bob@example.com <eve@example.com>"
    assert effect.sentence == "send an email to eve@example.com"


def test_attachments_arrive_as_previewed(desk):
    content = bytes(range(256)) * 10
    order = new_mail(to=OTHER, attachments=[InlineFile(name="a.bin", content=base64.b64encode(content).decode())])
    effect = desk.run(desk.mailbox.outbox.preview_send(order))
    assert ("Attachment", f"a.bin, 2560 bytes, SHA-256 {hashlib.sha256(content).hexdigest()}") in effect.fields
    desk.run(desk.mailbox.outbox.send(order))
    (arrived,) = [mail for mail in desk.mails(OTHER) if header(mail, "Subject") == ["A plan"]]
    handed = desk.run(desk.mailbox.inbox.read_attachment(arrived["id"], "0-1", OTHER)).openaiFileResponse
    assert base64.b64decode(handed[0].content) == content


def test_preview_shows_the_mail_that_is_sent(desk):
    effect = desk.run(desk.mailbox.outbox.preview_send(new_mail(bcc=["eve@example.com"])))
    assert effect.sentence == "send an email to bob@example.com, eve@example.com"
    assert effect.recipients == ("bob@example.com", "eve@example.com")
    assert effect.fields[:5] == (
        ("Account", ALEX),
        ("From", ALEX),
        ("To", "Bob <bob@example.com>"),
        ("Bcc", "eve@example.com"),
        ("Subject", "A plan"),
    )
    assert desk.calls("gmail") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "bob"},
        {"to": "bob@example.com\r\nBcc: eve@example.com"},
        {"subject": "a\r\nBcc: eve@example.com"},
        {"cc": ["eve@"]},
        {"attachments": [InlineFile(name="a", content="!")]},
        {"attachments": [InlineFile(name="a", media_type="nonsense", content="")]},
        {"to": [f"u{number}@example.com" for number in range(400)], "cc": [f"v{number}@example.com" for number in range(400)]},
    ],
    ids=range(7),
)
def test_mail_that_cannot_be_composed_is_not_sent_to_google(desk, changes):
    for attempt in (desk.mailbox.outbox.preview_send, desk.mailbox.outbox.send):
        with pytest.raises(InvalidInput):
            desk.run(attempt(new_mail(**changes)))
    assert desk.calls("gmail") == []


def test_mail_without_recipients_is_refused_before_google_is_called(desk):
    with pytest.raises(InvalidInput, match="nobody"):
        send(desk, to="")
    assert desk.calls("gmail") == []


def test_unknown_account_is_refused_with_the_known_ones(desk):
    with pytest.raises(NotFound, match=OTHER):
        send(desk, account="eve@example.com")


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [(403, "", Forbidden), (403, "userRateLimitExceeded", TooManyRequests), (429, "", TooManyRequests), (400, "", InvalidInput)],
)
def test_refused_send_leaves_the_draft_and_says_so(desk, status, reason, kind):
    before = len(in_label(desk, "DRAFT"))
    desk.google.fail_next(status, path="drafts/send", reason=reason, retry_after=5)
    with pytest.raises(kind, match="draft is still in Gmail's Drafts") as failed:
        send(desk)
    assert len(in_label(desk, "DRAFT")) == before + 1
    assert desk.run(desk.mailbox.drafts.send(failed.value.extra["draft_id"], None)).success
    assert len(in_label(desk, "DRAFT")) == before
    if kind is TooManyRequests:
        assert failed.value.retry_after == 5


@pytest.mark.parametrize(
    ("trouble", "arrived"), [("slow", True), ("broken", True), ("broken", False), ("failed", True), ("failed", False)]
)
def test_send_with_unknown_outcome_is_not_repeated(desk, trouble, arrived):
    desk.set(timeout_seconds=4, read_retries=5)  # the draft has to be saved in time also on a busy machine
    if trouble == "slow":
        desk.google.delay_next(6, path="drafts/send")
    elif trouble == "broken":
        desk.google.drop_next(path="drafts/send", after=arrived)
    else:
        desk.google.fail_next(503, path="drafts/send", after=arrived)
    with pytest.raises((UpstreamTimedOut, UpstreamFailed), match="Look into Sent before you repeat it") as failed:
        send(desk, subject="Once")
    assert (failed.value.status, failed.value.extra["uncertain"]) == (504 if trouble == "slow" else 502, True)
    if trouble != "slow":
        assert len([mail for mail in in_label(desk, "SENT") if header(mail, "Subject") == ["Once"]]) == arrived
        assert len(desk.calls("drafts/send")) == 1


def test_draft_that_somebody_sent_meanwhile_is_not_said_to_be_there(desk):
    desk.google.fail_next(404, path="drafts/send")
    with pytest.raises(NotFound, match="Look into Sent before you repeat it") as failed:
        send(desk)
    assert "still in" not in failed.value.detail


@pytest.mark.parametrize("status", [403, 500])
def test_mail_is_not_sent_without_a_draft(desk, status):
    desk.google.fail_next(status, path="drafts$")
    with pytest.raises(DeskhandError) as failed:
        send(desk)
    assert desk.calls("drafts/send") == []
    assert status == 403 or "No mail was sent" in failed.value.detail


def test_reply_stays_in_its_thread_and_has_the_right_recipients(desk):
    mail_id = desk.find("valve in stock")
    thread = desk.run(desk.mailbox.inbox.read(mail_id, 0, None)).thread_id
    reply = Reply(thread_id=thread, body="Tuesday, please.", reply_all=True)
    effect = desk.run(desk.mailbox.outbox.preview_reply(reply))
    shown = dict(effect.fields)
    assert shown["To"] == "Northside Heating, appointments <appointments@northside-heating.example.org>"
    assert shown["Cc"] == "Priya Nair <priya.nair@example.net>"
    assert "office@northside-heating" in shown["Answers"]
    assert effect.sentence == "reply to appointments@northside-heating.example.org, priya.nair@example.net"
    assert effect.recipients == ("appointments@northside-heating.example.org", "priya.nair@example.net")
    sent = desk.run(desk.mailbox.outbox.reply(reply))
    assert (sent.message, sent.thread_id) == ("Reply sent successfully", thread)
    (mail,) = [message for message in in_label(desk, "SENT") if message["id"] == sent.message_id]
    assert header(mail, "In-Reply-To")[0] in header(mail, "References")[0]
    assert header(mail, "Subject") == ["RE: Boiler inspection"]


@pytest.mark.parametrize(
    ("case", "subject", "sender", "address"),
    [
        ("name-in-brackets", "name 1", "Harbour [Support - tier 2]", "support@harbour.example"),
        ("name-is-an-address", "name 3", "tickets@tram.example", "tickets@tram.example"),
        ("name-holds-an-address", "name 8", "Zoë <zoe@old.example>", "zoe@new.example"),
    ],
)
def test_reply_reaches_a_sender_with_an_odd_name(desk, add_case, case, subject, sender, address):
    add_case(case)
    mail_id = desk.find(f'subject:"{subject}"')
    assert desk.run(desk.mailbox.inbox.read(mail_id, 0, None)).from_email == f"{sender} <{address}>"
    sent = desk.run(desk.mailbox.outbox.reply(Reply(message_id=mail_id, body="x", reply_all=True)))
    with desk.google.lock:
        assert read_recipients(desk.google.mailboxes[ALEX].find(sent.message_id).raw) == [address, "kim@example.net"]


def test_reply_to_all_leaves_out_an_alias_and_is_sent_from_it(desk, add_case):
    add_case("alias")
    order = Reply(message_id=desk.find('subject:"Alias mail"'), body="Yes.", reply_all=True)
    effect = desk.run(desk.mailbox.outbox.preview_reply(order))
    shown = dict(effect.fields)
    assert (shown["Account"], shown["From"]) == ("alex@example.com", "hello@harbour-studio.example")
    assert effect.recipients == ("rosa@lind.example", "ben@okafor.example")
    sent = desk.run(desk.mailbox.outbox.reply(order))
    assert desk.run(desk.mailbox.inbox.read(sent.message_id, 0, None)).from_email == "hello@harbour-studio.example"


def test_reply_to_all_reaches_everybody_but_oneself(desk, add_case):
    add_case("reply-all")
    reply = Reply(message_id=desk.find('subject:"One odd name"'), body="x", reply_all=True)
    assert desk.run(desk.mailbox.outbox.preview_reply(reply)).recipients == (
        "rosa@lind.example",
        "ben@okafor.example",
        "build@okafor.example",
        "cleo@ito.example",
        "dan@ito.example",
    )


def test_reply_to_all_reaches_four_hundred_and_refuses_more_than_a_mail_takes(desk):
    for count in (400, 501):
        many = ", ".join(f"recipient-{number}-{'x' * 50}@host-{number}.example" for number in range(count))
        raw = f"From: bob@example.com\r\nTo: {many}\r\nSubject: Many\r\n\r\nx".encode()
        with desk.google.lock:
            mail_id = desk.google.mailboxes[ALEX].add(raw, {"INBOX"}).id
        order = Reply(message_id=mail_id, body="x", reply_all=True)
        if count > 500:
            with pytest.raises(InvalidInput, match="500 people at most"):
                desk.run(desk.mailbox.outbox.preview_reply(order))
            continue
        assert len(desk.run(desk.mailbox.outbox.preview_reply(order)).recipients) == count + 1
        sent = desk.run(desk.mailbox.outbox.reply(order))
        with desk.google.lock:
            reached = read_recipients(desk.google.mailboxes[ALEX].find(sent.message_id).raw)
        assert (len(reached), reached[-1]) == (count + 1, many.rpartition(", ")[2])


def test_reply_to_unreadable_recipients_is_refused(desk):
    with desk.google.lock:
        raw = b"From: bob@example.com\r\nTo: alex@example.com, cleo@ito, eve@example.com\r\nSubject: Partly\r\n\r\nx"
        mail_id = desk.google.mailboxes[ALEX].add(raw, {"INBOX"}).id
    for attempt in (desk.mailbox.outbox.preview_reply, desk.mailbox.outbox.reply):
        with pytest.raises(InvalidInput, match="'cleo@ito', which is no mail address"):
            desk.run(attempt(Reply(message_id=mail_id, body="x", reply_all=True)))
    assert desk.run(desk.mailbox.outbox.reply(Reply(message_id=mail_id, body="x"))).success


def test_reply_to_the_sender_has_one_recipient(desk):
    sent = desk.run(desk.mailbox.outbox.reply(Reply(message_id=desk.find("valve in stock"), body="x")))
    (mail,) = [message for message in in_label(desk, "SENT") if message["id"] == sent.message_id]
    assert header(mail, "Cc") == []


def test_reply_whose_recipient_changed_after_its_preview_is_not_sent(desk):
    thread = desk.run(desk.mailbox.inbox.read(desk.find("valve in stock"), 0, None)).thread_id
    reply = Reply(thread_id=thread, body="Tuesday, please.")
    shown = desk.run(desk.mailbox.outbox.preview_reply(reply))
    with desk.google.lock:
        raw = b"From: eve@example.com\r\nTo: alex@example.com\r\nSubject: Re: Boiler inspection\r\n\r\nMe now."
        desk.google.mailboxes[ALEX].add(raw, {"INBOX"}, thread_id=thread)
    assert desk.run(desk.mailbox.outbox.preview_reply(reply)).recipients == ("eve@example.com",)
    with pytest.raises(Conflict, match="Nothing was"):
        desk.run(run_for(shown, desk.mailbox.outbox.reply, {"order": reply}))
    assert desk.calls("gmail", "POST") == []


def test_draft_of_a_mail_changed_before_sending_is_sent_as_approved(desk, monkeypatch):
    hand_over = Google.send_draft

    def change_and_send(google, options, content, thread_id, draft_id):
        google.save_draft(options, b"To: eve@example.com\r\nSubject: s\r\n\r\nsecret", None, draft_id)
        return hand_over(google, options, content, thread_id, draft_id)

    monkeypatch.setattr(Google, "send_draft", change_and_send)
    sent_id = send(desk).message_id
    (mail,) = [message for message in in_label(desk, "SENT") if message["id"] == sent_id]
    assert header(mail, "To") == ["Bob <bob@example.com>"]


@pytest.mark.parametrize(
    "change", [{"html": "<p style='color: #00f'>Hello</p>"}, {"attachments": "text/html"}], ids=["html", "media type"]
)
def test_approval_covers_fields_that_are_not_shown_too(desk, change):
    order = {"html": "<p>Hello</p>", "attachments": "text/plain", **change}
    effects = []
    for fields in ({"html": "<p>Hello</p>", "attachments": "text/plain"}, order):
        files = [InlineFile(name="a", media_type=fields["attachments"], content="")]
        effects.append(desk.run(desk.mailbox.outbox.preview_send(new_mail(html=fields["html"], attachments=files))))
    assert effects[0].fields == effects[1].fields
    assert effects[0] != effects[1]


@pytest.mark.parametrize("looks", [0, 1], ids=["before its draft", "before it goes"])
def test_mail_without_permission_is_not_sent(desk, looks):
    class Parameter:
        client_id = "bot"
        left = looks

        async def require_still_allowed(self):
            self.left -= 1
            if self.left < 0:
                raise Unavailable("Paused.")

    async def call():
        current_call.set(Parameter())
        return await desk.mailbox.outbox.send(new_mail())

    with pytest.raises(Unavailable, match=["^Paused.$", "draft is still in Gmail's Drafts"][looks]):
        desk.run(call())
    assert (len(desk.calls("drafts$", "POST")), desk.calls("drafts/send")) == (looks, [])


def test_reply_to_a_missing_message_is_refused(desk):
    with pytest.raises(InvalidInput):
        desk.run(desk.mailbox.outbox.reply(Reply(body="x")))
    with pytest.raises(NotFound):
        desk.run(desk.mailbox.outbox.reply(Reply(message_id="ffffffffffffffff", body="x")))


def test_effect_is_deterministic(desk):
    reply = Reply(thread_id=desk.find("parcel SP"), body="x")
    assert desk.run(desk.mailbox.outbox.preview_reply(reply)) == desk.run(desk.mailbox.outbox.preview_reply(reply))


def test_html_is_sent_as_the_person_was_shown_it(desk):
    hidden = "<p>See you</p><svg><text>signed</text></svg><img alt='at noon' src=https://x.example/x.png onclick=x>"
    order = new_mail(html=hidden)
    effect = desk.run(desk.mailbox.outbox.preview_send(order))
    shown = dict(effect.fields)
    assert (shown["HTML part"], shown["Removed"]) == ("See you\n\nat noon", "Removed from the HTML: svg, text, src, onclick.")
    assert effect.html == '<p>See you</p><img alt="at noon">'
    sent = desk.run(run_for(effect, desk.mailbox.outbox.send, {"order": order}))
    assert sent.message == "Email sent successfully. Removed from the HTML: svg, text, src, onclick."
    (mail,) = [item for item in in_label(desk, "SENT") if item["id"] == sent.message_id]
    (html,) = [part for part in mail["payload"]["parts"] if part["mimeType"] == "text/html"]
    assert base64.urlsafe_b64decode(html["body"]["data"] + "==").decode().strip() == effect.html


def test_html_of_a_reply_is_rebuilt_too(desk):
    order = Reply(message_id=desk.find("valve in stock"), body="Yes", html="<p>Yes</p><script>x</script>")
    effect = desk.run(desk.mailbox.outbox.preview_reply(order))
    assert (effect.html, dict(effect.fields)["Removed"]) == ("<p>Yes</p>", "Removed from the HTML: script.")


def test_html_that_cannot_be_shown_is_refused(desk):
    with pytest.raises(InvalidInput, match="too long or too intricate"):
        desk.run(desk.mailbox.outbox.preview_send(new_mail(html="x " * 260_000 + "and pay")))
