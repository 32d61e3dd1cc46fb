"""Speed and memory of importing a ChatGPT export, beside pipelines with ijson and json.load that store the same rows and index.

    python -m benchmarks.history_import [--megabytes 500] [--shards 60] [--rounds 1]

Each pipeline runs in a process of its own on the same made-up export, one after the other, in every round. Memory is the
highest of the process and its children together, less that of a Deskhand which has done nothing. `of a processor`: the seconds of
the busiest process, which on a busy computer compare better than those of the clock.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import ijson  # type: ignore[import-untyped]
import msgspec
import psutil

from tests.history_exports import write_export

ROOT = Path(__file__).resolve().parents[1]
PIPELINES = ("deskhand", "ijson", "json.load")
BATCH = 100  # conversations in one transaction of the other pipelines
MEGABYTE = 1_000_000


class PeakMemory(threading.Thread):
    """Watches the memory of this process and its children. `peak`: bytes above those at the start."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.start_size, self.peak = self.measure(), 0
        self.over = threading.Event()

    def measure(self) -> int:
        """Measure the memory now."""
        sizes = 0
        for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
            try:
                sizes += process.memory_info().rss
            except psutil.Error:
                continue
        return sizes

    def run(self) -> None:
        while not self.over.wait(0.3):
            self.peak = max(self.peak, self.measure() - self.start_size)


async def run_deskhand(folder: Path, data: Path) -> dict[str, Any]:
    """Import as Deskhand does."""
    from server.http.addresses import Address
    from server.integrations.conversations.imports.imports import Imports
    from server.runtime.state import open_state
    from server.storage.data_dir import open_home

    with open_home(data, demo=None) as home:
        async with open_state(home, Address()) as state:
            await state.context.archive.read(lambda _: None)
            imports = Imports(state.context)
            memory = PeakMemory()
            memory.start()
            began, times = time.perf_counter(), os.times()
            current = await imports.create(str(folder), start=True)
            while current.state == "running":
                current = await imports.wait(current.id, 30)
            seconds, busiest = time.perf_counter() - began, measure_processors(times)
            memory.over.set()
    report = current.report
    count = report.imported if report else 0
    return {"seconds": seconds, "busiest": busiest, "memory": memory.peak, "imported": count, "state": current.state}


def measure_processors(since: os.times_result) -> float:
    """Return the processor seconds of this process or of its children, whichever are more: they run side by side."""
    now = os.times()
    own = now.user + now.system - since.user - since.system
    return max(own, now.children_user + now.children_system - since.children_user - since.children_system)


def read_with_ijson(folder: Path) -> Iterator[dict[str, Any]]:
    """Read conversations one by one."""
    for path in sorted(folder.glob("*.json")):
        with path.open("rb") as file:
            yield from ijson.items(file, "item", use_float=True)


def read_with_json(folder: Path) -> Iterator[dict[str, Any]]:
    """Read conversations file by file."""
    for path in sorted(folder.glob("*.json")):
        with path.open("rb") as file:
            yield from json.load(file)


async def run_other(read: Any, folder: Path, data: Path) -> dict[str, Any]:
    """Import with another parser: the same rows, index and statements, in one process."""
    from server.http.addresses import Address
    from server.integrations.conversations.history.build import build
    from server.integrations.conversations.history.decode import Conversation
    from server.integrations.conversations.history.records import AssetRecord, encoder
    from server.integrations.conversations.store import import_runs
    from server.integrations.conversations.store.search_index import defer_merging
    from server.runtime.state import open_state
    from server.storage.data_dir import open_home

    def make_frame(value: dict[str, Any]) -> bytes:
        conversation = msgspec.convert(value, Conversation)
        record, _ = build(conversation, json.dumps(value).encode(), AssetRecord)
        return encoder.encode([record])

    with open_home(data, demo=None) as home:
        async with open_state(home, Address()) as state:
            await state.context.archive.read(lambda _: None)
            values = {"name": "other", "path": str(folder), "state": "running", "job": "import", "created_at": 0.0}
            run_id = await state.context.archive.write(import_runs.create, values)
            await state.context.archive.write(defer_merging, deferred=True)
            gc.disable()  # as while Deskhand stores a batch
            memory = PeakMemory()
            memory.start()
            began, times, frames, count = time.perf_counter(), os.times(), list[bytes](), 0
            for value in read(folder):
                frames.append(make_frame(value))
                count += 1
                if len(frames) >= BATCH:
                    await state.context.archive.write(import_runs.store_batch, run_id, frames)
                    frames = []
            await state.context.archive.write(import_runs.store_batch, run_id, frames)
            seconds, busiest = time.perf_counter() - began, measure_processors(times)
            memory.over.set()
    return {"seconds": seconds, "busiest": busiest, "memory": memory.peak, "imported": count, "state": "done"}


def run_pipeline(name: str, folder: Path, data: Path) -> dict[str, Any]:
    """Run one pipeline in this process."""
    if name == "deskhand":
        return asyncio.run(run_deskhand(folder, data))
    return asyncio.run(run_other(read_with_ijson if name == "ijson" else read_with_json, folder, data))


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Run one pipeline in a process of its own."""
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "benchmarks.history_import", "--pipeline", name, "--folder", str(folder), "--data", data]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result


def main() -> None:
    """Make the export, run the pipelines in turn, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--shards", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--pipeline", choices=PIPELINES)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    if options.pipeline:
        print(json.dumps(run_pipeline(options.pipeline, options.folder, options.data)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        if not options.folder:
            write_export(folder, options.megabytes, options.shards)
        size = sum(path.stat().st_size for path in folder.rglob("*.json"))
        results = {pipeline: list[dict[str, Any]]() for pipeline in PIPELINES}
        for _ in range(options.rounds):
            for pipeline in PIPELINES:
                results[pipeline].append(measure(pipeline, folder))
    times = {pipeline: median(each["seconds"] for each in runs) for pipeline, runs in results.items()}
    for pipeline, runs in results.items():
        memory = max(each["memory"] for each in runs) / MEGABYTE
        speed = size / MEGABYTE / times[pipeline]
        ratio = times[pipeline] / times["deskhand"]
        busiest = median(each["busiest"] for each in runs)
        assert (runs[0]["imported"], runs[0]["state"]) == (results["deskhand"][0]["imported"], "done")
        clock = f"{times[pipeline]:6.1f} s {speed:5.1f} MB/s {ratio:5.2f} x"
        print(f"{pipeline:10} {clock} {memory:4.0f} MB {busiest:6.1f} s of a processor")


if __name__ == "__main__":
    main()
