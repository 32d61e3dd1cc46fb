"""What commands cost, against a Python that only imports click, in turn.

    python -m benchmarks.commands --rounds 5

Prints medians of the processor's time in milliseconds, and the ratio of each pair of rounds. Only the ratio means something
elsewhere.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

BASE = [sys.executable, "-c", "import click"]
COMMANDS = {
    "deskhand --version": ["--version"],
    "deskhand --help": ["--help"],
    "needs a server, none runs": ["tunnel", "status"],
    "no server: approvals list": ["approvals", "list"],
    "no server: clients list": ["clients", "list"],
    "no server: activity": ["activity"],
}


def measure(command: list[str], folder: str) -> float:
    """Milliseconds of the processor that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env={**os.environ, "DESKHAND_DATA_DIR": folder}, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="What commands cost.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        measure([sys.executable, "-m", "desktop", "clients", "list"], folder)  # the first one makes the database
        for name, arguments in COMMANDS.items():
            command = [sys.executable, "-m", "desktop", *arguments]
            pairs = [(measure(command, folder), measure(BASE, folder)) for _ in range(rounds)]
            ratios = sorted(ours / base for ours, base in pairs)
            ours, base = (statistics.median(side) for side in zip(*pairs, strict=True))
            figures = f"Deskhand {ours:6.0f}   click {base:4.0f}   ratio {statistics.median(ratios):5.1f}"
            print(f"{name:<26} {figures} (from {ratios[0]:.1f} to {ratios[-1]:.1f})")


if __name__ == "__main__":
    main()
