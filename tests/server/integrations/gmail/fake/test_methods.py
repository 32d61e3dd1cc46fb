"""Message and thread methods of the fake Gmail, called with Google's client library."""

import base64
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from server.integrations.gmail.fake import FakeGoogle


def find(users: Any, query: str) -> list[str]:
    return [message["id"] for message in users.messages().list(userId="me", q=query).execute().get("messages", [])]


def refused(request: Any) -> HttpError:
    with pytest.raises(HttpError) as error:
        request.execute()
    return error.value


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_demo_mails_are_returned_in_every_format(connect: Any) -> None:
    for account in ("alex@example.com", "alex.morgan@example.org"):
        messages = connect(account).messages()
        for message in messages.list(userId="me", maxResults=500, includeSpamTrash=True).execute()["messages"]:
            for form in ("minimal", "full", "raw", "metadata"):
                answer = messages.get(userId="me", id=message["id"], format=form).execute()
                assert answer["threadId"] == message["threadId"]


def test_pages_are_consecutive_and_complete(users: Any) -> None:
    messages = users.messages()
    request, pages = messages.list(userId="me", maxResults=15), []
    while request is not None:
        pages.append(request.execute())
        request = messages.list_next(request, pages[-1])

    ids = [message["id"] for page in pages for message in page["messages"]]
    assert [len(page["messages"]) for page in pages] == [15, 15, 7]
    assert len(set(ids)) == len(ids) == pages[0]["resultSizeEstimate"]


def test_empty_list_omits_messages(users: Any) -> None:
    assert users.messages().list(userId="me", q="subject:nothing-like-this").execute() == {"resultSizeEstimate": 0}


def test_labels_filter_a_list_and_unknown_ones_are_not_found(users: Any) -> None:
    both = users.messages().list(userId="me", labelIds=["INBOX", "STARRED"]).execute()

    assert len(both["messages"]) == 2
    assert refused(users.messages().list(userId="me", labelIds=["Label_77"])).status_code == 404


@pytest.mark.parametrize("options", [{"pageToken": "x"}, {"maxResults": "-1"}])
def test_invalid_page_token_is_refused(google: FakeGoogle, users: Any, options: dict[str, Any]) -> None:
    request = users.messages().list(userId="me")
    request.uri += "".join(f"&{name}={value}" for name, value in options.items())

    assert refused(request).status_code == 400


def test_headers_can_be_requested_alone(users: Any) -> None:
    mail = find(users, "subject:minutes")[0]

    answer = users.messages().get(userId="me", id=mail, format="metadata", metadataHeaders=["from", "TO"]).execute()

    assert [header["name"] for header in answer["payload"]["headers"]] == ["FROM", "tO", "to"]


@pytest.mark.parametrize(("mail_id", "status"), [("no-id", 400), ("1234567890abcdef", 404)])
def test_missing_mails_are_not_found(users: Any, mail_id: str, status: int) -> None:
    assert refused(users.messages().get(userId="me", id=mail_id)).status_code == status
    assert refused(users.threads().get(userId="me", id=mail_id)).status_code == status


def test_attachment_is_fetched_by_an_id_that_changes_with_each_response(users: Any) -> None:
    mail = find(users, "filename:BL-20931.pdf")[0]

    def read_body() -> dict[str, Any]:
        part = users.messages().get(userId="me", id=mail).execute()["payload"]["parts"][1]
        assert part["filename"] == "BL-20931.pdf"
        return part["body"]

    first, second = read_body(), read_body()
    answers = [
        users.messages().attachments().get(userId="me", messageId=mail, id=body["attachmentId"]).execute()
        for body in (first, second)
    ]
    assert first["attachmentId"] != second["attachmentId"]
    assert answers[0] == answers[1]
    assert decode(answers[0]["data"]).startswith(b"%PDF-1.4")
    assert len(decode(answers[0]["data"])) == first["size"] == answers[0]["size"]
    assert "data" not in first
    wrong = users.messages().attachments().get(userId="me", messageId=mail, id="ANGjdJnothing")
    assert refused(wrong).reason == "Invalid attachment token"


def test_sent_mail_is_in_sent_and_delivered_to_its_recipients(google: FakeGoogle, users: Any, connect: Any, write: Any) -> None:
    body = write("Grüße", To="alex.morgan@example.org", Bcc="mei@example.com", Subject="Über uns")

    sent = users.messages().send(userId="me", body=body).execute()
    own = users.messages().get(userId="me", id=sent["id"]).execute()
    second = connect("alex.morgan@example.org")
    theirs = second.messages().get(userId="me", id=find(second, "is:unread subject:über")[0]).execute()

    assert sent["labelIds"] == ["SENT"]
    headers = {header["name"]: header["value"] for header in own["payload"]["headers"]}
    assert headers["From"] == "Alex Morgan <alex@example.com>"
    assert headers["Bcc"] == "mei@example.com"
    assert headers["Subject"] == "Über uns"
    assert {"Date", "Message-ID"} <= set(headers)
    received = {header["name"]: header["value"] for header in theirs["payload"]["headers"]}
    assert "Bcc" not in received
    assert received["Delivered-To"] == "alex.morgan@example.org"
    assert received["Message-ID"] == headers["Message-ID"]
    assert {"INBOX", "UNREAD"} <= set(theirs["labelIds"])


def test_reply_joins_the_thread_only_with_id_subject_and_references(users: Any, write: Any) -> None:
    first = users.messages().get(userId="me", id=find(users, "from:northside subject:boiler")[0]).execute()
    thread = first["threadId"]
    named = {
        "In_Reply_To": "<heating-4@northside-heating.example.org>",
        "References": "<heating-4@northside-heating.example.org>",
    }
    full = {"To": "priya.nair@example.net", "Subject": "Re: Boiler inspection", **named}

    def send(thread_id: str, **headers: str) -> str:
        return users.messages().send(userId="me", body=write(thread_id=thread_id, **headers)).execute()["threadId"]

    assert send(thread, **full) == thread
    assert send(thread, **full | {"Subject": "Re: Something else"}) != thread
    assert send(thread, **full | {"References": "<other@example.com>", "In_Reply_To": "<other@example.com>"}) != thread
    assert send(thread, To="priya.nair@example.net", Subject="Re: Boiler inspection") != thread
    assert send("", **full) != thread
    assert len(users.threads().get(userId="me", id=thread).execute()["messages"]) == 5


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "'raw' RFC822 payload"),
        ({"raw": "%%%"}, "Base64 decoding failed"),
        ({"raw": ""}, "'raw' RFC822 payload"),
        ({"raw": base64.urlsafe_b64encode(b"Subject: x\r\n\r\nx").decode()}, "Recipient address required"),
        ({"raw": base64.urlsafe_b64encode(b"To: nobody\r\n\r\nx").decode()}, "Invalid To header"),
        ({"raw": base64.urlsafe_b64encode(b"To: a@example.com\r\n\r\n").decode(), "threadId": "zz"}, "Invalid id value"),
        ({"raw": base64.urlsafe_b64encode(b"To: a@example.com\r\n\r\n").decode(), "threadId": 7}, "Invalid thread_id"),
    ],
)
def test_mail_that_cannot_be_sent_is_refused_without_effect(google: FakeGoogle, users: Any, body: Any, sentence: str) -> None:
    before = len(google.mailboxes["alex@example.com"].mails)

    error = refused(users.messages().send(userId="me", body=body))

    assert (error.status_code, sentence in error.reason) == (400, True)
    assert len(google.mailboxes["alex@example.com"].mails) == before


def test_labels_are_added_and_removed(users: Any) -> None:
    mail = find(users, "subject:parcel")[0]
    change = {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}

    changed = users.messages().modify(userId="me", id=mail, body=change).execute()

    assert "STARRED" in changed["labelIds"]
    assert "UNREAD" not in users.messages().get(userId="me", id=mail, format="minimal").execute()["labelIds"]


@pytest.mark.parametrize(
    "change",
    [
        {"addLabelIds": ["SENT"]},
        {"addLabelIds": ["Nothing"]},
        {"removeLabelIds": ["DRAFT"]},
        {},
        {"addLabelIds": "INBOX"},
        {"addLabelIds": ["STARRED"], "removeLabelIds": ["STARRED"]},
        {"addLabelIds": ["INBOX"] * 101},
    ],
)
def test_labels_that_cannot_be_changed_are_refused(users: Any, change: Any) -> None:
    mail = find(users, "subject:parcel")[0]

    assert refused(users.messages().modify(userId="me", id=mail, body=change)).status_code == 400


def test_trashed_mail_is_hidden_and_can_be_restored(users: Any) -> None:
    mail = find(users, "subject:parcel")[0]

    thrown = users.messages().trash(userId="me", id=mail).execute()
    hidden, shown = find(users, "subject:parcel"), find(users, "subject:parcel in:trash")
    back = users.messages().untrash(userId="me", id=mail).execute()

    assert "TRASH" in thrown["labelIds"]
    assert (hidden, shown) == ([], [mail])
    assert not {"TRASH", "INBOX"} & set(back["labelIds"])
    assert find(users, "subject:parcel") == [mail]


def test_thread_is_returned_oldest_first_and_never_raw(users: Any) -> None:
    thread_id = users.messages().get(userId="me", id=find(users, "from:tomas subject:lisbon")[0]).execute()["threadId"]
    threads = users.threads()
    trip = threads.get(userId="me", id=thread_id, format="metadata", metadataHeaders=["Message-ID"]).execute()
    raw = threads.get(userId="me", id=thread_id)
    raw.uri += "&format=raw"

    ids = [message["payload"]["headers"][0]["value"] for message in trip["messages"]]
    assert (ids[0], len(ids)) == ("<CAlisbon1@mail.example.net>", 5)
    assert refused(raw).status_code == 400


def test_labels_are_listed_and_counted(users: Any) -> None:
    counted = users.labels().get(userId="me", id="INBOX").execute()

    assert {"INBOX", "UNREAD", "Label_1"} <= {label["id"] for label in users.labels().list(userId="me").execute()["labels"]}
    assert counted["messagesTotal"] >= counted["messagesUnread"] > 0
    assert refused(users.labels().get(userId="me", id="Label_99")).status_code == 404


def test_addresses_to_send_from_are_listed(users: Any) -> None:
    listed = users.settings().sendAs().list(userId="me").execute()["sendAs"]
    assert [entry["sendAsEmail"] for entry in listed] == ["alex@example.com", "hello@harbour-studio.example"]
