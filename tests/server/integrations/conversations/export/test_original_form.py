import json
import zipfile
import zlib
from typing import Any

import pytest

from tests.server.integrations.conversations.exporting import export, import_all, make_export
from tests.server.integrations.conversations.library_setup import open_shelf
from tests.server.integrations.conversations.stored import PICTURE, add_chat


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


def damage(connection: Any, data: bytes) -> None:
    connection.exec_driver_sql("UPDATE chat_original SET data = ?", (data,))


@pytest.mark.parametrize("data", [b"no zlib", zlib.compress(b'{"id": "a"}' * 10_000)[:-20]])
async def test_damaged_original_spoils_no_other(shelf, data):
    await shelf.context.archive.write(add_chat, "a", ["Hi"], data=b"{}")
    await shelf.context.archive.write(damage, data)
    await shelf.context.archive.write(add_chat, "b", ["Hi"], data=b'{"id": "b", "mapping": {}}')
    chats = json.loads((await export(shelf, format="original")).read("conversations.json"))
    assert {chat["id"] for chat in chats} == {"a", "b"}
