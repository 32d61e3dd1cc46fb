import asyncio
import json

import psutil
import pytest

from server.core.errors import DeskhandError, Unavailable
from server.integrations.conversations.history.records import EndRecord, Job, ProgressRecord
from server.integrations.conversations.imports import reading_process
from server.integrations.conversations.imports.reading_process import Stored, read_export
from tests.history_exports import text, thread


def write(tmp_path, *items):
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(items))
    return Job(str(path), str(tmp_path / "scratch"))


async def test_records_arrive_and_the_end_is_last(tmp_path):
    items = [item async for item in read_export(write(tmp_path, thread("c", ("user", text("x")))))]
    assert [type(item) for item in items] == [Stored, ProgressRecord, EndRecord]


async def test_refusal_is_raised_as_its_sentence(tmp_path):
    with pytest.raises(DeskhandError, match="contains no ChatGPT conversations"):
        _ = [item async for item in read_export(write(tmp_path))]


async def test_process_ends_with_its_reader(tmp_path):
    items = read_export(write(tmp_path, *(thread(f"c{number}", ("user", text("x" * 9_000))) for number in range(500))))
    await anext(items)
    (child,) = [child for child in psutil.Process().children() if reading_process.WORKER in " ".join(child.cmdline())]
    await items.aclose()
    assert not child.is_running()


async def test_process_ends_with_a_reader_that_is_cancelled_at_once(tmp_path):
    before = psutil.Process().children()
    reading = asyncio.ensure_future(anext(read_export(write(tmp_path, thread("c", ("user", text("x")))))))
    await asyncio.sleep(0)
    (child,) = [child for child in psutil.Process().children() if child not in before]
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not child.is_running()


async def test_process_that_dies_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(reading_process, "WORKER", "server.core.version")
    with pytest.raises(Unavailable, match="ended unexpectedly"):
        async with asyncio.timeout(60):
            _ = [item async for item in read_export(write(tmp_path))]
