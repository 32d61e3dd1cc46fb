import random
import tracemalloc
from typing import Any

import pytest
from sqlalchemy import insert

from server.core.errors import Conflict, InvalidInput
from server.integrations.conversations.export.models import ExportFormat, ExportOrder, FileOrder
from server.integrations.conversations.store.tables import message
from tests.server.integrations.conversations.exporting import exports_of
from tests.server.integrations.conversations.stored import add_chat, store_file


@pytest.mark.parametrize("form", [*ExportFormat])
async def test_memory_stays_flat(shelf, form):
    """Fifteen megabytes of messages and a large file, of one conversation."""
    big = store_file(shelf.context, random.Random(1).randbytes(12 << 20))
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
    assert peak < 12 << 20


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
