"""Deskhand beside what others would use, in turn, in one run: fastmcp's own server, and a usual FastAPI program.

    python -m benchmarks.peers --rounds 5 --seconds 2

Every server is a process of its own, and so is the load generator. Prints the median calls per second of each, the ratio of each
pair of rounds, the same of the processor's time that each spends on a call, which other load on the machine changes little, and
the milliseconds of each. Only the ratios mean something elsewhere. Every call through Deskhand is
authenticated, limited, decided on and stored durably (SQLite, synchronous=FULL) before it is answered.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

SESSIONS, STATELESS = "2025-11-25", "2026-07-28"
PREFIX = "io.modelcontextprotocol"
CALL = {"name": "read_thing", "arguments": {"number": 7}}


@dataclass(frozen=True)
class Program:
    """A server that runs: `name` of benchmarks.programs, its port and its key."""

    name: str
    pid: int
    port: int
    key: str

    def headers(self, **more: str) -> dict[str, str]:
        return {"Host": f"127.0.0.1:{self.port}", "X-API-Key": self.key} | more


@dataclass(frozen=True)
class Request:
    """What is sent again and again."""

    pid: int
    port: int
    head: str
    body: str
    expect: str = '"thing 7'


@contextmanager
def running(name: str, folder: Path) -> Iterator[Program]:
    """Run a program until the `with` ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.programs", name, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        told = json.loads(process.stdout.readline())
        yield Program(name, process.pid, told["port"], told["key"])
    finally:
        process.terminate()
        process.wait()


def write(program: Program, method: str, target: str, body: str = "", **headers: str) -> Request:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in program.headers(**headers).items())]
    return Request(program.pid, program.port, "\r\n".join([*lines, ""]), body)


def read(program: Program) -> Request:
    return write(program, "GET", "/things?number=7")


def change(program: Program) -> Request:
    return write(program, "POST", "/things?number=7")


def call_tool(program: Program, revision: str, params: dict[str, Any], **headers: str) -> Request:
    body = json.dumps({"jsonrpc": "2.0", "id": "CALLER", "method": "tools/call", "params": params})
    accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    request = write(program, "POST", "/mcp", body, **{"MCP-Protocol-Version": revision} | accept | headers)
    return Request(request.pid, request.port, request.head, request.body, "thing 7")


def call_stateless(program: Program) -> Request:
    """A tool's call in the revision without sessions."""
    meta = {f"{PREFIX}/protocolVersion": STATELESS, f"{PREFIX}/clientCapabilities": {}}
    routing = {"Mcp-Method": "tools/call", "Mcp-Name": CALL["name"]}
    return call_tool(program, STATELESS, {**CALL, "_meta": meta}, **{name: str(value) for name, value in routing.items()})


def call_in_session(program: Program) -> Request:
    """A tool's call in a session that has been opened."""
    info = {"protocolVersion": SESSIONS, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    headers = program.headers(Accept="application/json, text/event-stream")
    url = f"http://127.0.0.1:{program.port}/mcp"
    with httpx2.Client(trust_env=False, timeout=60) as http:
        opened = http.post(url, json={"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": info}, headers=headers)
        session = opened.raise_for_status().headers["mcp-session-id"]
        more = headers | {"Mcp-Session-Id": session, "MCP-Protocol-Version": SESSIONS}
        http.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=more).raise_for_status()
    return call_tool(program, SESSIONS, CALL, **{"Mcp-Session-Id": session})


def load(request: Request, callers: int, seconds: float) -> dict[str, float]:
    """Load a server from a process of its own."""
    told = {"host": "127.0.0.1", "callers": callers, "seconds": seconds} | vars(request)
    server = psutil.Process(request.pid)
    before = server.cpu_times()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(told, file)
        file.flush()
        done = subprocess.run([sys.executable, "-m", "benchmarks.load", file.name], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    after, rates = server.cpu_times(), json.loads(done.stdout)
    spent = after.user + after.system - before.user - before.system
    return {**rates, "cpu": spent * 1000 / rates["calls"]}


MEASURES = {
    f"tools/call {SESSIONS}, sessions": ("fastmcp", call_in_session),
    f"tools/call {STATELESS}, stateless": ("fastmcp", call_stateless),
    "read with its audit row": ("fastapi", read),
    "durable change": ("fastapi", change),
}


def compare(name: str, ours: Request, theirs: Request, options: argparse.Namespace) -> None:
    """Measure a pair in turn, and print it."""
    pairs = []
    for _ in range(options.rounds):
        pairs.append(tuple(load(request, options.callers, options.seconds) for request in (ours, theirs)))
    ratios = sorted(mine["rate"] / other["rate"] for mine, other in pairs)
    spent = sorted(other["cpu"] / mine["cpu"] for mine, other in pairs)

    def median(side: int, part: str) -> float:
        return statistics.median(pair[side][part] for pair in pairs)

    print(
        f"{name}: ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), CPU {statistics.median(spent):.2f}"
    )
    for side, program in enumerate(("deskhand", MEASURES[name][0])):
        rate, cpu, p50, p99 = (median(side, part) for part in ("rate", "cpu", "p50", "p99"))
        print(f"  {program:<9} {rate:6.0f}/s   CPU {cpu:.2f} ms   p50 {p50:.1f} ms   p99 {p99:.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Deskhand beside what others would use.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--only", default="", help="measure only what has this in its name")
    options = parser.parse_args()
    with ExitStack() as stack:
        programs: dict[str, Program] = {}
        for name, (peer, request) in MEASURES.items():
            if options.only not in name:
                continue
            for needed in ("deskhand", peer):
                if needed not in programs:
                    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                    programs[needed] = stack.enter_context(running(needed, folder))
            compare(name, request(programs["deskhand"]), request(programs[peer]), options)


if __name__ == "__main__":
    main()
