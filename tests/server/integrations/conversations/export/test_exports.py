import asyncio
import io
import json
import tracemalloc
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.conversations.assets import AssetFiles, StoredFile
from server.integrations.conversations.export.exports import Exports
from server.integrations.conversations.export.models import ExportFormat, ExportOrder, FileOrder
from server.integrations.conversations.import_models import State
from server.integrations.conversations.imports import Imports
from server.integrations.conversations.models import Attachment, Citation, Details, Source
from server.integrations.conversations.store.tables import message, project
from tests.server.integrations.conversations.library_setup import Said, Shelf, open_shelf
from tests.server.integrations.conversations.stored import PICTURE, add_chat, dump, store_file

AT = 1_795_348_800.0  # 2026-11-22T12:00:00Z
DETAILS = Details(
    citations=(Citation(number=1, title="A [source]", url="https://example.com/a (b)"), Citation(number=2, title="No address")),
    attachments=(Attachment(id="file-A1", name="a.png"), Attachment(id="gone", name="b.pdf")),
).model_dump_json()


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    async with open_shelf(tmp_path / "data") as opened:
        yield opened


def exports_of(shelf: Shelf) -> Exports:
    return Exports(shelf.library, shelf.search, AssetFiles(shelf.context.folders))


async def export(shelf: Shelf, **order: Any) -> zipfile.ZipFile:
    """Export, and read the zip."""
    content = io.BytesIO()
    made = await exports_of(shelf).begin(ExportOrder.model_validate(order))
    async for chunk in made.stream():
        content.write(chunk)
    packed = zipfile.ZipFile(content)
    assert packed.testzip() is None
    assert len({name.casefold() for name in packed.namelist()}) == len(packed.namelist())
    return packed


async def test_markdown_has_footnotes_files_and_every_branch(shelf):
    picture = store_file(shelf.context, PICTURE)
    files = [("file-A1", "a.png", picture), ("gone", "b.pdf", StoredFile("", 0, ""))]
    await shelf.context.archive.write(
        add_chat, "a", ["Hi [^1]", "See [^1] and [^2], not [^7]"], files=files, details=DETAILS, project="p"
    )
    await shelf.add_project("p", "Work")
    await shelf.add(
        "b",
        Said("one", id="1"),
        Said("code ```", id="2", values={"kind": "code", "details": '{"language": "py"}'}),
        Said("other", id="3", parent="1"),
        Said("a\nb", id="4", parent="3", values={"kind": "thoughts"}),
        title="A",
        created_at=AT,
        current_message="2",
    )
    packed = await export(shelf)
    assert sorted(packed.namelist()) == ["2026-11-22 A (2).md", "2026-11-22 A.md", f"assets/{picture.sha256[:16]}/a.png"]
    first, second = (packed.read(name).decode() for name in ("2026-11-22 A.md", "2026-11-22 A (2).md"))
    linked, branched = (first, second) if "Work" in first else (second, first)
    assert linked.startswith("# A\n\n* Project: Work\n* Model: gpt-5\n* Created: 2026-11-22T12:00:00+00:00\n")
    assert "## 2. Assistant · 2026-11-22T12:00:00+00:00\n\nSee [^2-1] and [^2-2], not [^7]\n" in linked
    assert "[^2-1]: [A \\[source\\]](<https://example.com/a(b)>)\n\n[^2-2]: No address\n" in linked
    assert f"![a.png](<assets/{picture.sha256[:16]}/a.png>)\n\n*b.pdf (not in this export)*" in linked
    assert packed.read(f"assets/{picture.sha256[:16]}/a.png") == PICTURE
    assert "````py\ncode ```\n````" in branched
    main, others = branched.split("---\n\n*The messages below belong to other branches.*")
    assert "other" not in main
    assert "## 3. User" in others
    assert "(follows message 1)\n\nother" in others
    assert "> a\n> b" in others


async def test_json_has_messages_with_their_files(shelf):
    picture = store_file(shelf.context, PICTURE)
    await shelf.context.archive.write(add_chat, "a", ["Hi", "Hello"], files=[("file-A1", "a.png", picture)], details=DETAILS)
    await shelf.context.archive.write(add_chat, "again", files=[("file-A2", "a.png", picture)])
    await shelf.add("b", *(f"text {number}" for number in range(450)), title='"quoted" ü', imported=False)
    packed = await export(shelf, format="json")
    chats = {chat["id"]: chat for chat in json.loads(packed.read("conversations.json"))}
    assert [item["text"] for item in chats["b"]["messages"]] == [f"text {number}" for number in range(450)]
    assert (chats["b"]["title"], chats["b"]["source"], chats["a"]["project"]) == ('"quoted" ü', "openai", None)
    name = f"assets/{picture.sha256[:16]}/a.png"
    hello = chats["a"]["messages"][1]
    assert hello["attachments"] == [
        {"id": "file-A1", "name": "a.png", "file": name},
        {"id": "gone", "name": "b.pdf", "file": None},
    ]
    assert (hello["parent_id"], hello["citations"][0]["number"], packed.read(name)) == ("m1", 1, PICTURE)


async def test_selection_is_by_ids_or_by_search_project_year_source_and_star(shelf):
    await shelf.add("old", "zebras", updated_at=AT - 400 * 86_400, project="p")
    await shelf.add("new", "zebras and lions", updated_at=AT, starred=True)
    await shelf.add("live", "lions", updated_at=AT, imported=False)
    await shelf.add("secret", "zebras", temporary=True, imported=False)

    async def ids(**order: Any) -> set[str]:
        packed = await export(shelf, format="json", **order)
        return {chat["id"] for chat in json.loads(packed.read("conversations.json"))}

    assert await ids() == {"old", "new", "live"}
    assert await ids(ids=["old", "none", "old", "secret"]) == {"old", "secret"}
    assert await ids(query="zebras") == {"old", "new"}
    assert await ids(query="zebras", year=2026) == {"new"}
    assert await ids(year=2026) == {"new", "live"}
    assert await ids(project="p") == {"old"}
    assert await ids(query="lions", source=Source.openai) == {"live"}
    assert await ids(starred=True) == {"new"}
    for order in ({"ids": []}, {"ids": ["none"]}, {"query": "giraffes"}):
        with pytest.raises(NotFound, match="nothing to export"):
            await export(shelf, **order)


def make_export() -> list[dict[str, Any]]:
    """Make conversations as ChatGPT exports them: with branches, hidden nodes, a picture and what no JSON writer writes."""

    def node(key: str, parent: str | None, children: list[str], role: str, content: Any, **more: Any) -> dict[str, Any]:
        about = {"id": key, "author": {"role": role}, "create_time": AT, "content": content, "metadata": more, "recipient": "all"}
        return {"id": key, "message": about, "parent": parent, "children": children}

    def text(value: str) -> dict[str, Any]:
        return {"content_type": "text", "parts": [value]}

    picture = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_00A1", "size_bytes": 1}
    question = {"content_type": "multimodal_text", "parts": [picture, "What is this?"]}
    mapping = {
        "root": {"id": "root", "message": None, "parent": None, "children": ["s"]},
        "s": node("s", "root", ["q"], "system", text(""), is_visually_hidden_from_conversation=True),
        "q": node("q", "s", ["a1", "a2"], "user", question, attachments=[{"id": "file_00A1", "name": "zebra.png"}]),
        "a1": node("a1", "q", [], "assistant", text("A zebra \U0001f993.")),
        "a2": node("a2", "q", [], "assistant", text("A horse.")),
    }
    first = {
        "title": "Zebra",
        "create_time": AT,
        "update_time": AT,
        "mapping": mapping,
        "current_node": "a2",
        "conversation_id": "c1",
        "default_model_slug": "gpt-5",
        "gizmo_id": "g-p-77",
        "unknown": [1, None, {"x": 1.50}],
    }
    plain = {"a": node("a", None, ["b"], "user", text("Hello")), "b": node("b", "a", [], "assistant", text("World"))}
    more = {"conversation_id": "c2", "title": None, "mapping": plain, "current_node": "b", "gizmo_id": None}
    return [first, {**first, **more}]


async def import_all(shelf: Shelf, path: Path) -> Any:
    """Import an export; return what the archive has."""
    imports = Imports(shelf.context)
    run = await imports.create(str(path), start=True)
    async with asyncio.timeout(60):
        while (run := await imports.wait(run.id, 5)).state in {State.previewing, State.running}:
            pass
    assert run.state == State.done, run.error
    rows = await shelf.context.archive.read(dump)
    projects = await shelf.context.archive.read(lambda connection: [tuple(row) for row in connection.execute(project.select())])
    ids = {row[0]: row[1] for row in rows["chat_conversation"]}
    chats = sorted(row[1:] for row in rows["chat_conversation"])
    others = {name: sorted((ids[row[1]], *row[2:]) for row in rows[name]) for name in ("chat_message", "chat_asset")}
    return chats, others, {ids[key]: zlib.decompress(data) for key, data in rows["chat_original"]}, projects


async def test_original_form_is_imported_again_to_the_same(tmp_path, shelf):
    export_file = tmp_path / "export.zip"
    with zipfile.ZipFile(export_file, "w") as packed:
        text = json.dumps(make_export()).replace("A horse.", "A horse \\ud83e.")  # half a character
        packed.writestr("conversations.json", text)
        packed.writestr("file_00A1-zebra.png", PICTURE)
        packed.writestr("projects.json", json.dumps([{"id": "g-p-77", "name": "Animals"}]))
    before = await import_all(shelf, export_file)
    made = await export(shelf, format="original")
    again_file = tmp_path / "again.zip"
    assert made.fp is not None
    made.fp.seek(0)
    again_file.write_bytes(made.fp.read())
    async with open_shelf(tmp_path / "again") as other:
        assert await import_all(other, again_file) == before
        again = await export(other, format="original")
    assert sorted(again.namelist()) == sorted(made.namelist())
    assert before[2]["c1"].endswith(b'"unknown": [1, null, {"x": 1.5}]}')
    assert [row[:3] for row in before[1]["chat_asset"]] == [("c1", "file_00A1", "zebra.png")]


async def test_live_conversation_has_the_original_form_too(tmp_path, shelf):
    await shelf.add(
        "live",
        Said("one", id="1"),
        Said("two", "assistant", id="2"),
        Said("three", "assistant", id="3", parent="1"),
        imported=False,
        title="Live",
        current_message="3",
        model="gpt-5",
    )
    made = await export(shelf, format="original")
    (tmp_path / "conversations.json").write_bytes(made.read("conversations.json"))
    async with open_shelf(tmp_path / "again") as other:
        await import_all(other, tmp_path / "conversations.json")
        chat = await other.library.find("live")
        page = await other.library.read_chat("live")
    assert (chat.row["title"], chat.row["model"], chat.row["current_message"]) == ("Live", "gpt-5", "3")
    assert {(item.id, item.parent_id, item.role, item.text) for item in page.messages} == {
        ("1", "", "user", "one"),
        ("2", "1", "assistant", "two"),
        ("3", "1", "assistant", "three"),
    }


def damage(connection: Any, data: bytes) -> None:
    connection.exec_driver_sql("UPDATE chat_original SET data = ?", (data,))


@pytest.mark.parametrize("data", [b"no zlib", zlib.compress(b'{"id": "a"}' * 10_000)[:-20]])
async def test_damaged_original_spoils_no_other(shelf, data):
    await shelf.context.archive.write(add_chat, "a", ["Hi"], data=b"{}")
    await shelf.context.archive.write(damage, data)
    await shelf.context.archive.write(add_chat, "b", ["Hi"], data=b'{"id": "b", "mapping": {}}')
    chats = json.loads((await export(shelf, format="original")).read("conversations.json"))
    assert {chat["id"] for chat in chats} == {"a", "b"}


@pytest.mark.parametrize("form", [*ExportFormat])
async def test_memory_stays_flat(shelf, form):
    """Fifteen megabytes of messages and a large file, of one conversation."""
    big = store_file(shelf.context, b"x" * (12 << 20))
    key = await shelf.context.archive.write(add_chat, "a", ["Hi"], files=[("file-A1", "a.bin", big)])

    def fill(connection: Any) -> None:
        for start in range(1_000, 2_500, 500):
            shared = {"conversation": key, "parent": "", "role": "user", "kind": "text"}
            numbers = range(start, start + 500)
            rows = [{"key": number, "id": f"x{number}", "text": f"{number} " * 2_000} | shared for number in numbers]
            connection.execute(insert(message), rows)

    await shelf.context.archive.write(fill)
    made, size = await exports_of(shelf).begin(ExportOrder(format=form)), 0
    tracemalloc.start()
    async for chunk in made.stream():
        size += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.files.count == 1
    assert peak < 9 << 20


async def test_export_that_nobody_reads_to_its_end_stops(shelf):
    await shelf.add("a", *("x" * 5_000 for _ in range(500)))
    for form in ExportFormat:
        stream = (await exports_of(shelf).begin(ExportOrder(format=form))).stream()
        await anext(stream)
        await stream.aclose()


async def test_file_appears_whole_and_replaces_only_a_zip_file(tmp_path, shelf):
    await shelf.add("a", "Hi")
    exports, target = exports_of(shelf), tmp_path / "out.zip"
    report = await exports.write(FileOrder(path=str(target)))
    assert (report.path, report.chats, report.files, report.missing) == (str(target), 1, 0, 0)
    assert target.stat().st_mode & 0o777 == 0o600
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Bob")
    (tmp_path / "link.zip").symlink_to(target)
    for path, overwrite in ((target, False), (letter, False), (letter, True), (tmp_path / "link.zip", True)):
        with pytest.raises(Conflict, match=r"is there already|no zip file"):
            await exports.write(FileOrder(path=str(path), overwrite=overwrite))
    for name in ("relative.zip", str(tmp_path / "none" / "out.zip"), "/\0", str(tmp_path / ("x" * 300))):
        with pytest.raises(InvalidInput):
            await exports.write(FileOrder(path=name))
    await exports.write(FileOrder(path=str(target), overwrite=True))
    assert letter.read_text() == "Dear Bob"
    assert not list(tmp_path.glob(".deskhand*"))
