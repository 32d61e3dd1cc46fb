"""500 tools of ten MCP servers: how soon Deskhand lists and documents them, beside FastAPI with as many routes of its own.

    python -m benchmarks.many_tools --rounds 5

The document is the first one after each start, which is not stored yet. `first answer` compares starts with the ten servers and
with none. Prints medians in milliseconds; only the ratios mean something elsewhere.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.gateway import ending
from server.lifecycle import runtime_file

SERVERS, TOOLS = 10, 50
SERVER = Path(__file__).with_name("gateway_server.py")
WAIT_SECONDS = 60
PEER = """
import json, socket, sys, uvicorn
from fastapi import FastAPI
from pydantic import create_model
app = FastAPI()
for number in range(int(sys.argv[1])):
    def tool(body: create_model(f"Body{number}", text=(str, ...))) -> dict[str, str]:
        return {"text": body.text}
    app.post(f"/tools/{number}", operation_id=f"tool_{number}")(tool)
bound = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"public": "http://127.0.0.1:%d" % bound.getsockname()[1]}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[bound])
"""


@contextmanager
def run(command: list[str]) -> Iterator[tuple[dict[str, Any], float]]:
    """Run a program until the `with` ends; yields what it prints when it is ready, and the milliseconds to its first answer."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert process.stdout
    with ending(process):
        ready = json.loads(process.stdout.readline())
        while True:
            try:
                httpx2.get(f"{ready['public']}/health", trust_env=False)
                break
            except httpx2.TransportError:
                continue
        yield ready, (time.perf_counter() - began) * 1000


@contextmanager
def run_deskhand(folder: Path) -> Iterator[tuple[dict[str, Any], float]]:
    with run([sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", str(folder)]) as running:
        yield running


def measure(url: str, headers: dict[str, str]) -> tuple[float, int]:
    """Fetch a document; return the milliseconds that it took, and its operations."""
    began = time.perf_counter()
    answer = httpx2.get(url, headers=headers, trust_env=False, timeout=WAIT_SECONDS).raise_for_status()
    return (time.perf_counter() - began) * 1000, answer.text.count("operationId") or answer.text.count('"parameters"')


def add_servers(folder: Path) -> str:
    """Add the servers, and return the key of a client."""
    servers = {
        f"server{number}": {"command": sys.executable, "args": ["-I", "-S", str(SERVER), "trivial", str(TOOLS), f"s{number}"]}
        for number in range(SERVERS)
    }
    with run_deskhand(folder) as (ready, _):
        running = runtime_file.read(folder)
        assert running
        with httpx2.Client(trust_env=False, timeout=WAIT_SECONDS, base_url=ready["local"]) as person:
            person.headers["Authorization"] = f"Bearer {running.key}"
            order = {"config": json.dumps({"mcpServers": servers})}
            person.post("/api/tools", json=order).raise_for_status()
            client = person.post("/api/clients", json={"name": "bench", "rate": "none"}).raise_for_status().json()
    return str(client["key"])


def main() -> None:
    parser = argparse.ArgumentParser(description="500 tools of ten servers.")
    parser.add_argument("--rounds", type=int, default=5)
    figures: dict[str, list[float]] = {name: [] for name in ("start", "start of none", "list", "document", "FastAPI's document")}
    with tempfile.TemporaryDirectory() as name:
        folder, empty = Path(name) / "many", Path(name) / "none"
        for each in (folder, empty):
            each.mkdir(mode=0o700)
        headers = {"Authorization": f"Bearer {add_servers(folder)}"}
        for _ in range(parser.parse_args().rounds):
            with run_deskhand(empty) as (_, took):
                figures["start of none"].append(took)
            with run_deskhand(folder) as (ready, took):
                figures["start"].append(took)
                measure(f"{ready['public']}/health", headers)  # waits until everything is loaded
                for path, figure in (("/tools", "list"), ("/openapi.json", "document")):
                    milliseconds, number = measure(ready["public"] + path, headers)
                    assert number >= SERVERS * TOOLS, f"{path}: {number}"
                    figures[figure].append(milliseconds)
            with run([sys.executable, "-c", PEER, str(SERVERS * TOOLS)]) as (ready, _):
                figures["FastAPI's document"].append(measure(f"{ready['public']}/openapi.json", {})[0])
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values):.0f} ms")
    for mine, other in (("start", "start of none"), ("document", "FastAPI's document")):
        ratios = [ours / theirs for ours, theirs in zip(figures[mine], figures[other], strict=True)]
        print(f"{mine} / {other}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
