"""How soon the server answers after its start, and what it weighs, against a FastAPI program that does nothing, in turn.

    python -m benchmarks.start --rounds 7

Prints medians in milliseconds and MB, and the ratio of each pair of rounds. Only the ratio means something elsewhere.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import psutil

NOTHING = """
import json, socket, uvicorn
from fastapi import FastAPI
import sqlalchemy
app = FastAPI()
@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "healthy"}
bound = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"public": "http://127.0.0.1:%d" % bound.getsockname()[1]}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[bound])
"""


def start(command: list[str]) -> tuple[float, float]:
    """Milliseconds to the first answer, and resident MB after it."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert process.stdout
    url = json.loads(process.stdout.readline())["public"]
    while True:
        try:
            httpx2.get(f"{url}/health", trust_env=False).raise_for_status()
            break
        except httpx2.TransportError:
            continue
    took = (time.perf_counter() - began) * 1000
    weight = psutil.Process(process.pid).memory_info().rss / 1e6
    process.terminate()
    process.wait()
    return took, weight


def main() -> None:
    parser = argparse.ArgumentParser(description="How soon it answers, and what it weighs.")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        ours = [sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", folder]
        theirs = [sys.executable, "-c", NOTHING]
        start(ours)  # the first start makes the database
        start(theirs)
        pairs = [(start(ours), start(theirs)) for _ in range(rounds)]
    for name, index in (("first answer, ms", 0), ("resident, MB", 1)):
        mine = statistics.median(pair[0][index] for pair in pairs)
        bare = statistics.median(pair[1][index] for pair in pairs)
        ratios = sorted(pair[0][index] / pair[1][index] for pair in pairs)
        told = f"Deskhand {mine:6.0f}   bare {bare:6.0f}   ratio {statistics.median(ratios):.2f}"
        print(f"{name:<17} {told} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
