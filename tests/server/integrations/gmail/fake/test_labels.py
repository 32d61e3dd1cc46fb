"""The labels of a mailbox."""

from typing import Any

import pytest

from server.integrations.gmail.fake.google import GoogleError
from server.integrations.gmail.fake.labels import SYSTEM, Labels


@pytest.fixture
def labels() -> Labels:
    labels = Labels()
    labels.create({"name": "My Friends/Old"})
    return labels


def test_labels_have_ids_of_their_own_and_show_by_default(labels: Labels) -> None:
    assert labels.describe("Label_1") == {
        "id": "Label_1",
        "type": "user",
        "name": "My Friends/Old",
        "messageListVisibility": "show",
        "labelListVisibility": "labelShow",
    }
    assert [label["id"] for label in labels.describe_all()] == [*SYSTEM, "Label_1"]


@pytest.mark.parametrize("name", ["my-friends-old", "MY FRIENDS/OLD", "my friends-old", "label_1"])
def test_a_search_may_name_a_label_in_several_ways(labels: Labels, name: str) -> None:
    assert labels.matching(name) == "Label_1"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({}, 400),
        ({"name": " "}, 400),
        ({"name": "inbox"}, 400),
        ({"name": 3}, 400),
        ({"name": "x" * 226}, 400),
        ({"name": "ok", "labelListVisibility": "perhaps"}, 400),
        ({"name": "my friends/old"}, 409),
    ],
)
def test_a_label_that_cannot_be_is_refused(labels: Labels, wanted: Any, status: int) -> None:
    with pytest.raises(GoogleError) as refused:
        labels.create(wanted)

    assert refused.value.status == status
    assert len(labels.made) == 1


def test_a_label_keeps_its_name_where_only_its_looks_change(labels: Labels) -> None:
    assert labels.change("Label_1", {"labelListVisibility": "labelHide"})["name"] == "My Friends/Old"
    assert labels.change("Label_1", {"name": "my friends/old"})["name"] == "my friends/old"


def test_the_system_s_labels_cannot_be_deleted(labels: Labels) -> None:
    with pytest.raises(GoogleError) as refused:
        labels.delete("INBOX")
    assert refused.value.status == 400

    labels.delete("Label_1")
    with pytest.raises(GoogleError) as gone:
        labels.delete("Label_1")
    assert gone.value.status == 404


def test_a_deleted_label_s_id_is_not_used_again(labels: Labels) -> None:
    labels.delete("Label_1")

    assert labels.named("New") == "Label_2"
    assert labels.named("new") == "Label_2"
    assert labels.named("INBOX") == "INBOX"


@pytest.mark.parametrize("label_id", ["SENT", "DRAFT", "Label_9", "inbox"])
def test_ids_that_no_mail_can_be_given_are_refused(labels: Labels, label_id: str) -> None:
    with pytest.raises(GoogleError, match=f"Invalid label: {label_id}"):
        labels.check_ids({"INBOX", "Label_1", label_id})
