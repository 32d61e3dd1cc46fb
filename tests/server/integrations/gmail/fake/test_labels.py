"""The labels of a mailbox."""

import pytest

from server.integrations.gmail.fake.google import GoogleError
from server.integrations.gmail.fake.labels import SYSTEM, Labels


@pytest.fixture
def labels() -> Labels:
    labels = Labels()
    labels.create("My Friends/Old")
    return labels


def test_labels_have_unique_ids_and_are_visible_by_default(labels: Labels) -> None:
    assert labels.describe("Label_1") == {
        "id": "Label_1",
        "type": "user",
        "name": "My Friends/Old",
        "messageListVisibility": "show",
        "labelListVisibility": "labelShow",
    }
    assert [label["id"] for label in labels.describe_all()] == [*SYSTEM, "Label_1"]


@pytest.mark.parametrize("name", ["my-friends-old", "MY FRIENDS/OLD", "my friends-old", "label_1"])
def test_search_accepts_every_spelling_of_a_label(labels: Labels, name: str) -> None:
    assert labels.matching(name) == "Label_1"


def test_label_is_created_at_its_first_use(labels: Labels) -> None:
    assert labels.named("New") == "Label_2"
    assert labels.named("new") == "Label_2"
    assert labels.named("INBOX") == "INBOX"


@pytest.mark.parametrize("label_id", ["SENT", "DRAFT", "Label_9", "inbox"])
def test_label_ids_that_no_mail_can_have_are_refused(labels: Labels, label_id: str) -> None:
    with pytest.raises(GoogleError, match=f"Invalid label: {label_id}"):
        labels.check_ids({"INBOX", "Label_1", label_id})
