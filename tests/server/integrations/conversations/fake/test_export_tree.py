"""One conversation of the made-up history."""

from datetime import UTC, datetime

import pytest

from server.integrations.conversations.fake.export_tree import ExportTree


@pytest.fixture
def tree():
    return ExportTree("a talk", datetime(2026, 11, 20, tzinfo=UTC), "gpt-5")


def path_of(tree):
    """List role and text of the messages that lead to the current one."""
    described = tree.describe()
    mapping, node_id, path = described["mapping"], described["current_node"], []
    while node_id:
        node = mapping[node_id]
        assert all(mapping[child]["parent"] == node_id for child in node["children"])
        if node["message"]:
            path.append((node["message"]["author"]["role"], node["message"]["content"].get("parts", [""])[0]))
        node_id = node["parent"]
    return path[::-1]


def test_edited_question_and_another_answer_are_branches(tree):
    for turn in ({"u": "One?"}, {"a": "1"}, {"again": "I"}):
        tree.add_turn(turn, 1)
    assert path_of(tree) == [("user", "One?"), ("assistant", "I")]
    tree.add_turn({"edit": "Two?", "a": "2"}, 1)
    assert path_of(tree) == [("user", "Two?"), ("assistant", "2")]
    assert len(tree.describe()["mapping"]) == 6


def test_citation_is_marked_and_explained(tree):
    tree.add_turn({"cite": "So [[0]].", "pages": [["A page", "https://example.org"]]}, 1)
    message = tree.describe()["mapping"][tree.describe()["current_node"]]["message"]
    [reference] = message["metadata"]["content_references"]
    assert reference["matched_text"] in message["content"]["parts"][0]
    assert reference["items"][0]["url"] == "https://example.org"


def test_picture_has_its_file(tree):
    tree.add_turn({"picture": "a boat"}, 1)
    [name] = tree.files
    part = path_of(tree)[-1][1]
    assert part["asset_pointer"] == f"sediment://{name}"
