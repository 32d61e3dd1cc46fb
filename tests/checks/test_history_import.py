"""Imports of large exports: in little memory, twice with the same result, and through kills at random moments."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil
import pytest

from tests import loopback
from tests.conftest import ROOT
from tests.history_exports import write_export

MORE_MEMORY = 110_000_000  # bytes above the idle program, children included
SLOWER = 3  # times an idle call, for the slowest of a hundred
OWN = {"import_id", "run"}  # columns that count the imports
TABLES = ("chat_project", "chat_conversation", "chat_message", "chat_asset", "chat_original", "chat_memory")


def import_command(export: Path, data: Path) -> list[str]:
    """Return the command that imports an export."""
    return [sys.executable, "-m", "server", "import", str(export), "--data-dir", str(data), "--json"]


def import_all(export: Path, data: Path) -> dict[str, Any]:
    """Import an export; return the report."""
    done = subprocess.run(import_command(export, data), cwd=ROOT, capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def dump(data: Path) -> list[Any]:
    """Read everything that was imported; the index by what it answers."""
    rows: list[Any] = []
    with closing(sqlite3.connect(data / "archive.db")) as archive:
        archive.row_factory = sqlite3.Row
        for table in TABLES:
            for row in archive.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                rows.append([value for name, value in zip(row.keys(), row, strict=True) if name not in OWN])
        for word in ("with", "question", "katen", "pondering"):
            rows.append([row[0] for row in archive.execute("SELECT rowid FROM chat_message_index(?) ORDER BY 1", (word,))])
    return rows


@pytest.mark.timeout(1800)
def test_import_survives_kills(tmp_path: Path, long: bool) -> None:
    export, dice = tmp_path / "export", random.Random(7)
    write_export(export, 40 if long else 0.5, 6 if long else 2, odd=True)
    began = time.monotonic()
    whole = import_all(export, tmp_path / "whole")
    seconds = time.monotonic() - began
    kills, wanted = 0, 20 if long else 2
    while kills < wanted:
        with subprocess.Popen(import_command(export, tmp_path / "killed"), cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            try:
                process.wait(dice.uniform(0.3, 1) * seconds / (3 if kills % 3 else 1))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        kills += 1
    last = import_all(export, tmp_path / "killed")
    assert dump(tmp_path / "killed") == dump(tmp_path / "whole")
    assert last["imported"] + last["unchanged"] == whole["imported"]
    assert {failure["title"] for failure in last["failed"]} == {failure["title"] for failure in whole["failed"]}
    left = [path for name in ("unpacked", "uploads") for path in (tmp_path / "killed" / name).glob("*")]
    assert left == []


class Watch(threading.Thread):
    """Measures the memory of a program with its children, and the time of a call, until it is over."""

    def __init__(self, program: psutil.Process, address: str) -> None:
        super().__init__(daemon=True)
        self.program, self.address = program, address
        self.over = threading.Event()
        self.most, self.seconds = 0, list[float]()

    def measure(self) -> int:
        """Measure the memory now."""
        size = 0
        for process in (self.program, *self.program.children(recursive=True)):
            try:
                size += process.memory_info().rss
            except psutil.Error:
                continue
        return size

    def run(self) -> None:
        while not self.over.wait(0.05):
            began = time.perf_counter()
            loopback.get(f"{self.address}/health", timeout=20)
            self.seconds.append(time.perf_counter() - began)
            self.most = max(self.most, self.measure())

    def slowest(self) -> float:
        """Return the slowest of a hundred calls."""
        return quantiles(self.seconds, n=100)[-1]


@pytest.mark.timeout(3000)
def test_import_takes_little_memory_and_is_the_same_twice(start, tmp_path: Path, long: bool) -> None:
    export, data = tmp_path / "export", tmp_path / "data"
    write_export(export, 500 if long else 2, 60 if long else 4, odd=True)
    server = start(data=data)
    idle = Watch(psutil.Process(server.process.pid), server.public)
    idle.start()
    idle.over.wait(15 if long else 3)
    idle.over.set()
    idle.join()
    busy = Watch(idle.program, server.public)
    busy.start()
    first = import_all(export, data)
    before = dump(data)
    second = import_all(export, data)
    busy.over.set()
    busy.join()
    assert first["imported"] == second["unchanged"] > 0
    assert first["updated"] == second["updated"] == second["imported"] == 0
    assert dump(data) == before
    assert busy.most - idle.most <= MORE_MEMORY
    if long:
        assert busy.slowest() <= SLOWER * idle.slowest()
