"""Labels are named as the person names them, and every change says beforehand which mail it is about."""

import re
from datetime import timedelta

import pytest

from server.core.errors import InvalidInput, NotFound
from server.integrations.gmail.mailbox.labels import find_label
from server.integrations.gmail.mailbox.responses import LARGEST_ANSWER
from server.integrations.gmail.models import LabelChange, MailLabel, UnreadMark

ALEX = "alex@example.com"


def labels_of(desk, mail_id):
    (mail,) = [message for message in desk.mails() if message["id"] == mail_id]
    return set(mail["labelIds"])


def change(desk, mail_id, **changes):
    return desk.run(desk.mailbox.labels.change(mail_id, LabelChange(**changes), None))


def test_system_labels_come_before_user_labels(desk):
    listed = desk.run(desk.mailbox.labels.list_labels(None))
    assert [label.name for label in listed.labels if label.kind == "user"] == ["Home", "Money", "Rowing", "Travel"]
    assert listed.labels[0].kind == "system"
    assert not listed.truncated


def test_labels_are_added_and_removed_by_name_or_id(desk):
    mail_id = desk.find("valve in stock")
    done = change(desk, mail_id, add=["travel", "STARRED"], remove=["Label_1"])
    assert {"Travel", "STARRED"} <= set(done.labels)
    assert "Home" not in done.labels
    assert {"Label_2", "STARRED"} <= labels_of(desk, mail_id)


def test_unknown_label_is_refused_with_similar_names(desk):
    with pytest.raises(NotFound, match="Did you mean Travel"):
        change(desk, desk.find("valve in stock"), add=["Travels"])
    with pytest.raises(NotFound, match="list_labels"):
        change(desk, desk.find("valve in stock"), add=["qqqqq"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "at least one label"),
        ({"add": ["Home"], "remove": ["home"]}, "added and removed at once"),
        ({"add": ["SENT"]}, "nobody else can"),
        ({"remove": ["draft"]}, "nobody else can"),
        ({"add": ["TRASH"]}, "with trash_mail"),
        ({"remove": ["inbox"]}, "with archive_mail"),
        ({"remove": ["UNREAD"]}, "with mark_mail"),
    ],
)
def test_label_change_is_refused_before_google_is_called(desk, changes, why):
    with pytest.raises(InvalidInput, match=why):
        change(desk, desk.find("valve in stock"), **changes)
    assert desk.calls("modify") == []


def test_new_label_is_visible_at_once_and_a_renamed_one_after_a_while(desk):
    mail_id = desk.find("valve in stock")
    with desk.google.lock:
        made = desk.google.mailboxes[ALEX].labels.named("Fresh")
    assert "Fresh" in change(desk, mail_id, add=["Fresh"]).labels
    with desk.google.lock:
        desk.google.mailboxes[ALEX].labels.made[made]["name"] = "Renamed"
    desk.clock.later += timedelta(minutes=6)
    assert "Renamed" in desk.run(desk.mailbox.inbox.read(mail_id, 0, None)).labels


def test_labels_are_cached(desk):
    for _ in range(4):
        desk.find("valve in stock")
    assert len(desk.calls("labels$")) == 1


def test_thousand_labels_fit_into_a_response(desk):
    with desk.google.lock:
        for number in range(450):
            desk.google.mailboxes[ALEX].labels.named(f"label {number} " + "x" * 200)
    listed = desk.run(desk.mailbox.labels.list_labels(None))
    assert listed.truncated
    assert len(listed.model_dump_json()) <= LARGEST_ANSWER + 100


def test_message_is_marked_archived_and_trashed(desk):
    labels, mail_id = desk.mailbox.labels, desk.find("valve in stock")
    desk.run(labels.mark(mail_id, UnreadMark(unread=False), None))
    assert "UNREAD" not in labels_of(desk, mail_id)
    desk.run(labels.mark(mail_id, UnreadMark(unread=True), None))
    assert "UNREAD" in labels_of(desk, mail_id)
    desk.run(labels.archive(mail_id, None))
    assert "INBOX" not in labels_of(desk, mail_id)
    desk.run(labels.trash(mail_id, None))
    assert "TRASH" in labels_of(desk, mail_id)
    desk.run(labels.untrash(mail_id, None))
    assert "TRASH" not in labels_of(desk, mail_id)


def test_preview_of_a_label_change_names_the_message(desk):
    labels, mail_id = desk.mailbox.labels, desk.find("valve in stock")
    before = labels_of(desk, mail_id)
    previews = {
        "archive {}": labels.preview_archive(mail_id, None),
        "move {} to the trash": labels.preview_trash(mail_id, None),
        "restore {} from the trash": labels.preview_untrash(mail_id, None),
        "mark {} as read": labels.preview_mark(mail_id, UnreadMark(unread=False), None),
        "change the labels of {}": labels.preview_change(mail_id, LabelChange(add=["travel"], remove=["Home"]), None),
    }
    for sentence, preview in previews.items():
        effect = desk.run(preview)
        shown = dict(effect.fields)
        assert effect.sentence == sentence.format("“RE: Boiler inspection”")
        assert (shown["Account"], shown["Subject"], shown["Mail"]) == (ALEX, "RE: Boiler inspection", mail_id)
        assert "northside-heating" in shown["From"]
    assert (shown["Add labels"], shown["Remove labels"]) == ("Travel", "Home")
    assert labels_of(desk, mail_id) == before


def test_missing_message_cannot_be_changed(desk):
    for attempt in (desk.mailbox.labels.preview_trash, desk.mailbox.labels.trash, desk.mailbox.labels.archive):
        with pytest.raises(NotFound, match=re.escape("no")):
            desk.run(attempt("ffffffffffffffff", None))


def test_label_whose_name_is_not_its_alone_needs_its_id():
    labels = [MailLabel(id="Label_1", name="Bills", kind="user"), MailLabel(id="Label_2", name="bills", kind="user")]
    assert find_label("Label_2", labels) == labels[1]
    with pytest.raises(InvalidInput, match="Give the id"):
        find_label("Bills", labels)
