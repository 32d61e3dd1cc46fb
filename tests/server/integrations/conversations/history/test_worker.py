import os
import subprocess
from pathlib import Path

import msgspec

from server.integrations.conversations.history.records import HEAD, EndRecord, Job, decode_state, decode_stored
from server.system.python_process import module_command
from tests.history_exports import PNG, picture, write_list

COMMAND = module_command("server.integrations.conversations.history.worker")


def run(job: Job) -> list[object]:
    done = subprocess.run(COMMAND, input=msgspec.json.encode(job), capture_output=True, check=True, timeout=60)
    records, data = list[object](), done.stdout
    while data:
        size, is_stored = HEAD.unpack(data[: HEAD.size])
        frame, data = data[HEAD.size : HEAD.size + size], data[HEAD.size + size :]
        records += decode_stored(frame) if is_stored else [decode_state(frame)]
    return records


def test_worker_stores_attachments_and_sends_conversations(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    write_list(tmp_path / "export" / "conversations.json", [picture("p")])
    (tmp_path / "export" / "file-Picture1234567890.dat").write_bytes(PNG)
    *records, last = run(Job(str(tmp_path / "export"), str(tmp_path / "scratch"), data=str(tmp_path)))
    assert isinstance(last, EndRecord)
    assert len(list((tmp_path / "archive-files").glob("??/*"))) == 1
    assert [record.id for record in records if hasattr(record, "assets")] == ["p"]


def test_mistake_of_the_worker_is_sent(tmp_path: Path) -> None:
    (last,) = run(Job("\0", str(tmp_path)))
    assert isinstance(last, EndRecord)
    assert last.refusal
    assert "ValueError" in last.error


def test_worker_ends_with_its_listener(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(b"[" + b'{"id": "c", "mapping": 5},' * 200_000 + b"1]")
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(msgspec.json.encode(Job(str(tmp_path / "c.json"), str(tmp_path))))
        process.stdin.close()
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_worker_imports_neither_the_database_nor_the_server() -> None:
    """Its memory counts as the program's: pydantic and SQLAlchemy alone would be 30 MB."""
    source = "import sys, server.integrations.conversations.history.worker as w; print([n for n in sys.modules if n in N])"
    names = "N = {'pydantic', 'sqlalchemy', 'fastapi', 'asyncio', 'openai'}\n"
    root = Path(__file__).parents[5]
    done = subprocess.run(
        [COMMAND[0], "-c", names + source], capture_output=True, text=True, check=True, cwd=root, env=dict(os.environ)
    )
    assert done.stdout.strip() == "[]"
