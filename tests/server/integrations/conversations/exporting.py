"""Exports of conversations, made and imported again."""

import asyncio
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

from server.integrations.conversations.export.exports import Exports
from server.integrations.conversations.export.models import ExportOrder
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.imports.imports import Imports
from server.integrations.conversations.imports.models import State
from server.integrations.conversations.models import Attachment, Citation, Details
from server.integrations.conversations.store.tables import project
from tests.server.integrations.conversations.library_setup import Shelf
from tests.server.integrations.conversations.stored import dump

AT = 1_795_348_800.0  # 2026-11-22T12:00:00Z


DETAILS = Details(
    citations=(Citation(number=1, title="A [source]", url="https://example.com/a (b)"), Citation(number=2, title="No address")),
    attachments=(Attachment(id="file-A1", name="a.png"), Attachment(id="gone", name="b.pdf")),
).model_dump_json()


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
