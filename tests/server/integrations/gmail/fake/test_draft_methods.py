"""Draft methods of the fake Gmail, called with Google's client library."""

from typing import Any

import pytest
from googleapiclient.errors import HttpError

from server.integrations.gmail.fake import FakeGoogle


def refused(request: Any) -> HttpError:
    with pytest.raises(HttpError) as error:
        request.execute()
    return error.value


def test_sent_draft_is_deleted_and_becomes_another_message(google: FakeGoogle, users: Any, write: Any) -> None:
    drafts = users.drafts()
    made = drafts.create(userId="me", body={"message": write(To="alex.morgan@example.org", Subject="Plan")}).execute()
    read = drafts.get(userId="me", id=made["id"]).execute()

    sent = drafts.send(userId="me", body={"id": made["id"]}).execute()

    assert made["message"]["labelIds"] == read["message"]["labelIds"] == ["DRAFT"]
    assert sent["id"] != made["message"]["id"]
    assert sent["threadId"] == made["message"]["threadId"]
    assert sent["labelIds"] == ["SENT"]
    assert refused(drafts.get(userId="me", id=made["id"])).status_code == 404
    assert refused(drafts.send(userId="me", body={"id": made["id"]})).status_code == 404
    assert refused(users.messages().get(userId="me", id=made["message"]["id"])).status_code == 404
    assert len(google.mailboxes["alex.morgan@example.org"].search("subject:plan")) == 1


def test_draft_that_cannot_be_sent_stays(users: Any, write: Any) -> None:
    made = users.drafts().create(userId="me", body={"message": write(Subject="nobody")}).execute()

    assert refused(users.drafts().send(userId="me", body={"id": made["id"]})).reason == "Recipient address required"
    assert users.drafts().get(userId="me", id=made["id"], format="minimal").execute()["id"] == made["id"]


def test_updated_draft_keeps_its_id_with_another_message(users: Any, write: Any) -> None:
    drafts = users.drafts()
    made = drafts.create(userId="me", body={"message": write("one", To="mei@example.com")}).execute()

    changed = drafts.update(userId="me", id=made["id"], body={"message": write("two", To="mei@example.com")}).execute()

    assert changed["id"] == made["id"]
    assert changed["message"]["id"] != made["message"]["id"]
    assert changed["message"]["threadId"] == made["message"]["threadId"]
    assert drafts.get(userId="me", id=made["id"], format="minimal").execute()["message"]["snippet"] == "two"


def test_draft_in_a_thread_is_sent_into_it_and_leaves_it_without_the_thread(users: Any, write: Any) -> None:
    last = users.messages().list(userId="me", q="subject:lisbon").execute()["messages"][0]
    named = {"In_Reply_To": "<CAlisbon5@mail.example.com>", "References": "<CAlisbon5@mail.example.com>"}
    headers = {"To": "mei@example.com", "Subject": "Re: Lisbon in spring?", **named}

    inside = users.drafts().create(userId="me", body={"message": write(thread_id=last["threadId"], **headers)}).execute()
    outside = users.drafts().update(userId="me", id=inside["id"], body={"message": write(**headers)}).execute()
    again = (
        users.drafts().update(userId="me", id=inside["id"], body={"message": write("x", last["threadId"], **headers)}).execute()
    )
    sent = users.drafts().send(userId="me", body={"id": inside["id"]}).execute()

    assert inside["message"]["threadId"] == last["threadId"]
    assert outside["message"]["threadId"] != last["threadId"]
    assert again["message"]["threadId"] == sent["threadId"] == last["threadId"]


def test_drafts_are_listed_searched_and_deleted(users: Any, write: Any) -> None:
    made = users.drafts().create(userId="me", body={"message": write(To="mei@example.com", Subject="Ferry")}).execute()

    listed = users.drafts().list(userId="me").execute()
    matching = users.drafts().list(userId="me", q="subject:ferry").execute()
    users.drafts().delete(userId="me", id=made["id"]).execute()

    assert len(listed["drafts"]) == 2
    assert [draft["id"] for draft in matching["drafts"]] == [made["id"]]
    assert users.drafts().list(userId="me", q="subject:ferry").execute() == {"resultSizeEstimate": 0}
    assert refused(users.drafts().delete(userId="me", id=made["id"])).status_code == 404


@pytest.mark.parametrize("body", [{}, {"message": {}}, {"message": 3}, {"message": {"raw": 3}}])
def test_draft_without_a_message_is_refused(users: Any, body: Any) -> None:
    assert refused(users.drafts().create(userId="me", body=body)).status_code == 400
