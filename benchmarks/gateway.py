"""Deskhand beside mcpo as a gateway to MCP servers, in turn, in one run.

    python -m benchmarks.gateway --rounds 5 --seconds 2

mcpo is installed into an environment of its own, in the versions with which it starts. Both gateways run in front of the same
servers (benchmarks/gateway_server.py), each with a child of its own, and check a key. Every call through Deskhand is validated,
limited, decided on and stored durably before it is answered; of a tool that is trusted, also before it is made.
`stalls`: the longest that GET /health took beside the calls. Only the ratios mean something elsewhere.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.peers import Request, load
from server.http.server import bind
from server.lifecycle import runtime_file

PINS = ("mcpo==0.0.20", "mcp==1.30.0", "fastapi==0.128.0")
SERVER = Path(__file__).with_name("gateway_server.py")
TEXT = "hello"
START_SECONDS = 60


@dataclass(frozen=True)
class Measure:
    """Calls of one tool by some callers. `server`: behind the gateways; `limit`: what the ratio has to reach."""

    title: str
    server: str
    callers: int
    figure: str
    limit: float


MEASURES = (
    Measure("trivial server, 32 callers, only reads", "trivial", 32, "rate", 1.5),
    Measure("trivial server, 32 callers, trusted", "trusted", 32, "rate", 1.5),
    Measure("FastMCP server, 32 callers, only reads", "fastmcp", 32, "rate", 1.5),
    Measure("FastMCP server, one caller, only reads", "fastmcp", 1, "p50", 1.3),
    Measure("trivial server, one caller, only reads", "trivial", 1, "p50", 1.3),
)


def install(folder: Path) -> Path:
    """Install mcpo into an environment, unless it is there; return its programs."""
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not list(programs.glob("mcpo*")):
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", *PINS], check=True)
    return programs


def describe_servers(programs: Path) -> dict[str, Any]:
    """Describe the servers as MCP clients do."""
    trivial = {"command": sys.executable, "args": ["-I", "-S", str(SERVER), "trivial"]}
    fastmcp = {"command": str(programs / "python"), "args": [str(SERVER), "fastmcp"]}
    return {"mcpServers": {"trivial": trivial, "trusted": trivial, "fastmcp": fastmcp}}


@dataclass(frozen=True)
class Gateway:
    """A gateway that runs. `path`: of a server's tool."""

    name: str
    pid: int
    port: int
    key: str
    path: str

    def request(self, server: str) -> Request:
        head = [
            f"POST {self.path.format(server)} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.key}",
            "Content-Type: application/json",
        ]
        return Request(self.pid, self.port, "\r\n".join([*head, ""]), json.dumps({"text": TEXT}), TEXT)


@contextmanager
def ending(process: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def run_mcpo(programs: Path, folder: Path) -> Iterator[Gateway]:
    """Run mcpo until the `with` ends."""
    config = folder / "config.json"
    config.write_text(json.dumps(describe_servers(programs)))
    with bind() as bound:
        port = bound.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--api-key", "bench", "--config", str(config)]
    process = subprocess.Popen(
        [programs / "mcpo", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, cwd=folder
    )
    gateway = Gateway("mcpo", process.pid, port, "bench", "/{}/echo")
    with ending(process):
        wait_for_answer(gateway)
        yield gateway


@contextmanager
def run_deskhand(programs: Path, folder: Path) -> Iterator[Gateway]:
    """Run Deskhand until the `with` ends, with a client that may use the tools without being asked about."""
    command = [sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with ending(process):
        ready = json.loads(process.stdout.readline())
        running = runtime_file.read(folder)
        assert running
        with httpx2.Client(trust_env=False, timeout=60, base_url=ready["local"]) as person:
            person.headers["Authorization"] = f"Bearer {running.key}"

            def send(method: str, path: str, order: dict[str, Any]) -> Any:
                return person.request(method, path, json=order).raise_for_status().json()

            send("POST", "/api/tools", {"config": json.dumps(describe_servers(programs))})
            send("PUT", "/api/tools/trusted/trust", {"trusted": True})
            for server in ("trivial", "fastmcp"):
                send("PUT", f"/api/tools/{server}/read-only", {"tool": "echo", "read_only": True})
            client = send("POST", "/api/clients", {"name": "bench", "rate": "none"})
        gateway = Gateway("deskhand", process.pid, running.port, client["key"], "/tools/{}--echo")
        wait_for_answer(gateway)
        yield gateway


def wait_for_answer(gateway: Gateway) -> None:
    """Wait until the tools answer."""
    deadline, headers = time.monotonic() + START_SECONDS, {"Authorization": f"Bearer {gateway.key}"}
    for server in ("trivial", "trusted", "fastmcp"):
        url = f"http://127.0.0.1:{gateway.port}{gateway.path.format(server)}"
        while True:
            try:
                answer = httpx2.post(url, json={"text": TEXT}, headers=headers, trust_env=False)
                problem = "" if answer.status_code == 200 else answer.text
            except httpx2.TransportError as error:
                problem = repr(error)
            if not problem:
                break
            assert time.monotonic() < deadline, f"{gateway.name}: {problem}"
            time.sleep(0.05)


def compare(measure: Measure, ours: Gateway, theirs: Gateway, options: argparse.Namespace) -> None:
    """Measure both in turn, and print it."""
    pairs = [
        tuple(load(gateway.request(measure.server), measure.callers, options.seconds) for gateway in (ours, theirs))
        for _ in range(options.rounds)
    ]
    ratios = sorted(mine[measure.figure] / other[measure.figure] for mine, other in pairs)
    spent = statistics.median(other["cpu"] / mine["cpu"] for mine, other in pairs)
    bound = "at least" if measure.figure == "rate" else "at most"
    print(
        f"{measure.title}: ratio of {measure.figure} {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), "
        f"{bound} {measure.limit}; CPU {spent:.2f}"
    )
    for side, gateway in enumerate((ours, theirs)):
        rate, cpu, p50, p99 = (
            statistics.median(pair[side][figure] for pair in pairs) for figure in ("rate", "cpu", "p50", "p99")
        )
        print(f"  {gateway.name:<9} {rate:6.0f}/s   CPU {cpu:.2f} ms   p50 {p50:.1f} ms   p99 {p99:.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Deskhand beside mcpo.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--only", default="", help="measure only what has this in its name")
    parser.add_argument("--environment", type=Path, help="where mcpo is, or is to be installed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = install(options.environment or folder / "environment")
        (folder / "mcpo").mkdir()
        (folder / "deskhand").mkdir(mode=0o700)
        with run_deskhand(programs, folder / "deskhand") as ours, run_mcpo(programs, folder / "mcpo") as theirs:
            for measure in MEASURES:
                if options.only in measure.title:
                    compare(measure, ours, theirs, options)


if __name__ == "__main__":
    main()
