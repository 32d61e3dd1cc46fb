import pytest

from server.core.errors import NotFound
from server.integrations.gmail.search import lookup, read_arguments

ENTRY = {
    "id": "18c2",
    "thread_id": "18c2",
    "from_email": "Bob <bob@example.com>",
    "to": ["me@example.com"],
    "subject": "",
    "date": "2026-01-01",
    "snippet": "Hi",
    "labels": ["INBOX"],
    "unread": False,
    "has_attachments": False,
    "account": "me+work@example.com",
}
WHOLE = ENTRY | {
    "subject": "Hello",
    "cc": [],
    "body": "Hi there",
    "truncated": True,
    "html": False,
    "bcc": [],
    "reply_to": [],
    "message_id_header": "<1@x>",
    "in_reply_to": "",
    "attachments": [],
    "next_offset": 8,
}


def test_document_id_names_message_and_account():
    (result,) = lookup.search.read({"messages": [ENTRY], "result_size_estimate": 1}, "https://here")
    assert lookup.reading.ask(result.id) == {"message_id": "18c2", "account": "me+work@example.com"}
    assert result.title == "(no subject)"
    assert result.url == "https://mail.google.com/mail/?authuser=me%2Bwork%40example.com#all/18c2"


def test_message_is_a_document_with_its_address():
    document = lookup.reading.read(WHOLE, "https://here")
    assert (document.title, document.text) == ("Hello", "Hi there")
    assert document.metadata["from"] == "Bob <bob@example.com>"
    assert "offset 8" in document.metadata["goes_on"]
    assert "attachments" not in document.metadata


@pytest.mark.parametrize("document_id", ["", "18c2", ":me@example.com", "18c2:"])
def test_unknown_document_id_is_not_found(document_id):
    with pytest.raises(NotFound):
        read_arguments(document_id)


def test_document_whose_text_is_not_complete_says_how_to_get_it():
    whole = {name: value for name, value in WHOLE.items() if name != "next_offset"}
    metadata = lookup.reading.read({**whole, "more_attachments": 3, "problem": "Broken."}, "https://here").metadata
    assert "None" not in metadata["goes_on"]
    assert "read_attachment" in metadata["goes_on"]
    assert (metadata["attachments"], metadata["problem"]) == ("… and 3 more", "Broken.")
