import json
from pathlib import Path

import pytest

from server.integrations.conversations.history import job
from server.integrations.conversations.history.records import (
    FailedRecord,
    MemoryRecord,
    PreviewRecord,
    ProgressRecord,
    ProjectRecord,
    SkippedRecord,
)
from tests.history_exports import ODDITIES, START, text, thread, write_export, zip_folder
from tests.server.integrations.conversations.history.reading import (
    conversations,
    end,
    pick,
    read_items,
    read_path,
    read_text,
    texts,
)

GOOD = thread("good", ("user", text("question")), ("assistant", text("answer")))
ALSO = thread("also", ("user", text("another")))


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "odd"
    write_export(folder, 0.1, 2, odd=True)
    return folder


def ids(records):
    return sorted(record.id for record in conversations(records))


@pytest.mark.parametrize("wrap", [lambda items: items, lambda items: {"conversations": items}, lambda items: items[0]])
def test_array_and_object_are_both_read(wrap, tmp_path):
    """MemPalace takes an array only, and reports success for an object of which it read nothing."""
    assert "good" in ids(read_text(tmp_path, json.dumps(wrap([GOOD, ALSO]))))


@pytest.mark.parametrize(
    "bad",
    [
        b'{"title": "Bad", "create_time": 1, "mapping": {"a": "no end}}',
        b"5",
        b"null",
        b'{"id": "bad", "mapping": [1]}',
        b'{"mapping": {}}',
    ],
)
def test_bad_conversation_costs_no_other(bad, tmp_path):
    """LibreChat discards a whole file for one of them."""
    data = b"[" + json.dumps(GOOD).encode() + b", " + bad + b", " + json.dumps(ALSO).encode() + b"]"
    records = read_text(tmp_path, data)
    assert ids(records) == ["also", "good"]
    assert len(pick(records, FailedRecord)) + len(pick(records, SkippedRecord)) == 1


def test_shards_and_the_single_file_are_both_read(tmp_path):
    """Convoviz ignores the shards where there is a single file."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "conversations.json").write_text(json.dumps([GOOD]))
    (folder / "conversations-000.json").write_text(json.dumps([ALSO]))
    (folder / "conversations-001.json").write_text(json.dumps([GOOD | {"update_time": START + 5}]))
    records = read_path(folder)
    assert sorted(record.id for record in conversations(records)) == ["also", "good", "good"]


def test_every_oddity_is_survived(odd):
    records = read_path(odd)
    expected = {f"{name}-{shard}" for name in set(ODDITIES) - {"folder", "project", "empty"} for shard in range(2)}
    assert expected <= set(ids(records))
    assert len(pick(records, SkippedRecord)) == 6
    assert [record.title for record in pick(records, FailedRecord)] == ["Broken 0", "Broken 1"]
    assert {(record.id, record.name) for record in pick(records, ProjectRecord)} == {
        ("g-p-project-0", "Garden"),
        ("g-p-project-1", "Garden"),
    }
    assert {record.kind for record in pick(records, MemoryRecord)} == {"memory", "instructions"}
    assert end(records).notes == ["Not imported: shopping.json.", "Attachments that the export lacks: 1."]


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("childless", [("user", "text", "whose child"), ("assistant", "text", "yours")]),
        ("bare", [("user", "text", "bare question"), ("assistant", "text", "bare answer")]),
        ("profile", [("user", "text", "hello"), ("assistant", "text", "hi")]),
        ("partless", [("assistant", "text", "only text")]),
        ("cyclic", [("user", "text", "round"), ("assistant", "text", "and round")]),
        ("dangling", [("user", "text", "lost parent"), ("assistant", "text", "still here")]),
        ("research", [("user", "text", "research"), ("assistant", "report", "# The report\n\nfindings")]),
        ("surrogate", [("user", "text", "half an emoji � here")]),
        ("hostile", [("user", "text", "survivor"), ("user", "text", "")]),
        ("deep", [("user", "text", "deep")]),
        ("voice", [("user", "voice", "spoken question"), ("assistant", "text", "spoken answer")]),
        (
            "thinking",
            [
                ("user", "text", "think"),
                ("assistant", "thoughts", "**Weighing**\n\npondering deeply"),
                ("assistant", "text", "thought"),
            ],
        ),
    ],
)
def test_oddity_becomes_its_messages(name, messages, odd):
    (record,) = [record for record in conversations(read_path(odd)) if record.id == f"{name}-0"]
    assert texts(record.messages) == [each for each in messages if each[2]]


@pytest.mark.parametrize("inner", [False, True])
def test_zip_is_read_like_its_folder(inner, odd, tmp_path):
    packed = read_path(zip_folder(odd, tmp_path / "export.zip", inner=inner))
    assert [record.digest for record in conversations(packed)] == [record.digest for record in conversations(read_path(odd))]
    assert end(packed).notes == end(read_path(odd)).notes


def test_preview_counts_what_an_import_would_bring(odd):
    (preview,) = pick(read_path(odd, preview=True), PreviewRecord)
    assert preview.total == len(conversations(read_path(odd))) + 2  # the empty ones
    assert sum(count for _, count in preview.years) == preview.total
    assert 0 in dict(preview.years)
    assert preview.other == ["memory.json", "shopping.json"]


def test_preview_counts_both_layouts_once(tmp_path):
    (preview,) = pick(read_items(tmp_path, GOOD, GOOD, ALSO, preview=True), PreviewRecord)
    assert preview.total == 2


def test_preview_counts_what_was_deleted_by_year_and_project(tmp_path):
    items = [GOOD, ALSO | {"create_time": START + 400 * 86_400}, thread("p", ("user", text("x")), gizmo_id="g-p-1")]
    deleted = ("also", "p", "another")
    (preview,) = pick(read_items(tmp_path, *items, preview=True, deleted=deleted), PreviewRecord)
    assert preview.deleted == [(2022, "g-p-1", 1), (2023, "", 1)]
    assert preview.projects == [("", "", 2), ("g-p-1", "", 1)]


def test_selection_by_year_and_project(tmp_path):
    items = [GOOD, ALSO | {"create_time": START + 400 * 86_400}, thread("p", ("user", text("x")), gizmo_id="g-p-1")]
    assert ids(read_items(tmp_path, *items, years=(2022,))) == ["good", "p"]
    assert ids(read_items(tmp_path, *items, projects=("g-p-1",))) == ["p"]
    assert ids(read_items(tmp_path, *items, projects=("",), years=(2023,))) == ["also"]
    nothing = read_items(tmp_path, *items, years=(1999,))
    assert len(pick(nothing, SkippedRecord)) == 3
    assert end(nothing).refusal == ""


def test_reading_goes_on_where_it_stopped(tmp_path):
    records = read_items(tmp_path, GOOD, {"id": "folder"}, ALSO, skip=2)
    assert ids(records) == ["also"]
    assert [record.position for record in conversations(records)] == [3]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"no JSON at all", b'[{"id": "folder", "title": "x"}]', b'{"conversations": []}', b"\0" * 99]
)
def test_export_of_nothing_is_refused(data, tmp_path):
    records = read_text(tmp_path, data)
    assert end(records).refusal == "conversations.json contains no ChatGPT conversations."
    assert end(read_text(tmp_path, data, preview=True)).refusal == end(records).refusal


def test_conversation_over_the_limit_is_one_failure(tmp_path, monkeypatch):
    monkeypatch.setattr("server.integrations.conversations.history.splitter.Splitter.__init__.__defaults__", (5_000,))
    records = read_items(tmp_path, GOOD, thread("big", ("user", text("x" * 3_000_000))), ALSO)
    assert ids(records) == ["also", "good"]
    assert [(record.id, record.title) for record in pick(records, FailedRecord)] == [("", "Talk big")]


def test_progress_reaches_the_size_of_the_export(tmp_path):
    last = pick(read_items(tmp_path, GOOD), ProgressRecord)[-1]
    assert last.done == last.size > 0


def test_unforeseen_error_costs_one_conversation(tmp_path, monkeypatch):
    original = job.build

    def build(conversation, *rest):
        if conversation.key == "good":
            raise KeyError("unforeseen")
        return original(conversation, *rest)

    monkeypatch.setattr(job, "build", build)
    records = read_items(tmp_path, GOOD, ALSO)
    assert ids(records) == ["also"]
    assert [record.reason for record in pick(records, FailedRecord)] == ["It has an unknown form (KeyError)."]
