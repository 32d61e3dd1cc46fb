import io

import pytest

from server.integrations.conversations.history.reader import (
    Entries,
    Entry,
    describe_failure,
    natural_key,
    read_asides,
    read_projects,
    sort_members,
)
from server.integrations.conversations.history.sources import Member


def make(name: str, data: bytes = b"[1, 2]") -> Member:
    return Member(name, len(data), lambda: io.BytesIO(data))


def names(members):
    return [member.name for member in members]


def test_files_are_sorted_by_what_they_are():
    listed = """conversations-010.json conversations-2.json group_chats.json conversations.json conversations.json.index
        memory.json user.json conversation_asset_file_names.json file-A.dat shopping.json message_feedback.json projects.json
        chat.html shared_conversations.json"""
    contents = sort_members([make(f"Export/{name}") for name in listed.split()])
    assert [member.base for member in contents.shards] == [
        "conversations-2.json",
        "conversations-010.json",
        "conversations.json",
        "group_chats.json",
    ]
    assert names(contents.asides) == ["Export/memory.json", "Export/message_feedback.json"]
    assert names(contents.projects) == ["Export/projects.json"]
    assert names(contents.files) == ["Export/file-A.dat"]
    assert contents.names
    assert contents.other == ["shared_conversations.json", "shopping.json"]


def test_file_by_itself_is_one_of_conversations_whatever_its_name():
    assert names(sort_members([make("My chat.txt")]).shards) == ["My chat.txt"]


def test_folder_of_single_conversations_is_read():
    assert names(sort_members([make("b.json"), make("a.json"), make("user.json"), make("x.png")]).shards) == ["a.json", "b.json"]


def test_empty_other_files_are_not_mentioned():
    assert sort_members([make("conversations.json"), make("sora.json", b"[]")]).other == []


def test_numbers_in_names_are_sorted_by_value():
    assert sorted(["c-10", "c-9", "c-010", "c"], key=natural_key) == ["c", "c-9", "c-10", "c-010"]


def test_damaged_file_costs_no_other():
    class Broken(io.BytesIO):
        def read(self, _=-1):
            raise EOFError

    first = Member("conversations-0.json", 5, Broken)
    entries = list(Entries([first, make("conversations-1.json", b'[{"a": 1}]')]))
    assert [bool(entry.failure) for entry in entries] == [True, False]
    assert entries[0].failure == "conversations-0.json is damaged from here on. Download the export again."
    assert entries[1].position == 2


def test_failure_is_named_by_the_beginning_of_the_entry():
    entry = Entry(3, 0, rb'{"title": "caf\u00e9", "x": 1, "conversation_id": "c-1", "id": "i"')
    failure = describe_failure(entry, "It is damaged.")
    assert (failure.id, failure.title, failure.reason, failure.position) == ("c-1", "café", "It is damaged.", 3)


@pytest.mark.parametrize(
    "data", [b'[{"id": "g-p-1", "name": "Garden"}]', b'{"items": [{"gizmo": {"id": "g-p-1", "display": {"name": "Garden"}}}]}']
)
def test_projects_are_named(data):
    (project,) = read_projects(make("projects.json", data))
    assert (project.id, project.name) == ("g-p-1", "Garden")


@pytest.mark.parametrize("data", [b"", b"{", b"5", b"[[]]"])
def test_damaged_file_of_memories_has_none(data):
    assert not list(read_asides(make("memory.json", data)))
