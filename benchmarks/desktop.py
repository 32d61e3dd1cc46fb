"""How soon the whole program is there, and what it weighs and takes while nobody calls, against one with an icon, FastAPI and
SQLAlchemy that does nothing, in turn, on a screen of its own.

    python -m benchmarks.desktop --rounds 5 --idle 20

Prints medians, and the ratio of each pair of rounds. Only the ratio means something elsewhere. The processor's time is the figure
that a busy computer changes least. Needs Xvfb, openbox, trayer and dbus-daemon.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2
import psutil
from Xlib import X
from Xlib.display import Display

from server.lifecycle import runtime_file

NOTHING = """
import socket, sys, threading
from pathlib import Path
import sqlalchemy, uvicorn
from fastapi import FastAPI
from PIL import Image
from desktop.toolkit import find_gtk
find_gtk()
import pystray
app = FastAPI()
@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "healthy"}
bound = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True).start()
Path(sys.argv[1], "address").write_text("http://127.0.0.1:%d" % bound.getsockname()[1])
menu = pystray.Menu(pystray.MenuItem("Quit", lambda icon: icon.stop()))
pystray.Icon("bare", Image.open("assets/icon.png"), "Bare", menu).run()
"""
SETTLE_SECONDS = 4.0
FIGURES = (
    *("icon docked, ms", "first answer, ms", "both, ms", "start, CPU ms"),
    *("resident, MB", "its share (PSS), MB", "of its own (USS), MB", "idle, % of a core"),
)


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """A screen with a tray, and a bus: the environment of a session."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home, "PYTHONPATH": str(Path.cwd())}
        environment["LANG"] = "C.UTF-8"

        def keep(*command: str, says: bool = False) -> str:
            pipe = subprocess.PIPE if says else subprocess.DEVNULL
            process = subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process.stdout.readline().strip() if process.stdout else ""

        number = keep("Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", says=True)
        os.environ["DISPLAY"] = environment["DISPLAY"] = f":{number}"
        environment["DBUS_SESSION_BUS_ADDRESS"] = keep("dbus-daemon", "--session", "--nofork", "--print-address=1", says=True)
        keep("openbox")
        keep("trayer", "--edge", "bottom", "--widthtype", "request", "--height", "32")
        time.sleep(2)
        yield environment


def find_address(folder: Path) -> str | None:
    """Where it answers, once it says so."""
    if running := runtime_file.read(folder):
        return f"http://127.0.0.1:{running.port}"
    with suppress(FileNotFoundError):
        return (folder / "address").read_text() or None
    return None


def start(command: list[str], environment: dict[str, str], idle: float) -> list[float]:
    """Start it, look at it until it has been idle for a while, end it. The FIGURES."""
    with tempfile.TemporaryDirectory() as said, Path(said, "said").open("w") as output:
        display, folder = Display(), Path(command[-1])
        display.screen().root.change_attributes(event_mask=X.SubstructureNotifyMask)
        display.sync()
        began = time.perf_counter()
        process = psutil.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            docked, answered = watch(display, folder, began, process)
            time.sleep(SETTLE_SECONDS)
            used = cpu(process)
            time.sleep(idle)
            share = (cpu(process) - used) / idle * 100 if idle else 0.0
            family = [one.memory_full_info() for one in (process, *process.children(recursive=True))]
            weights = [sum(getattr(one, kind) for one in family) / 1e6 for kind in ("rss", "pss", "uss")]
            return [docked, answered, max(docked, answered), used * 1000, *weights, share]
        finally:
            display.close()
            process.terminate()
            process.wait(20)
            (folder / "address").unlink(missing_ok=True)


def watch(display: Display, folder: Path, began: float, process: psutil.Popen) -> tuple[float, float]:
    """Milliseconds until the tray takes the icon, and until the server answers."""
    docked = answered = 0.0
    with httpx2.Client(trust_env=False, timeout=5) as http:
        while not (docked and answered):
            assert process.poll() is None, "It ended."
            while not docked and display.pending_events():
                if display.next_event().type == X.ReparentNotify:
                    docked = (time.perf_counter() - began) * 1000
            if not answered and (address := find_address(folder)):
                with suppress(httpx2.TransportError):
                    http.get(f"{address}/health").raise_for_status()
                    answered = (time.perf_counter() - began) * 1000
            time.sleep(0.01)
    return docked, answered


def cpu(process: psutil.Popen) -> float:
    """Seconds of the processor that it and what it started have taken."""
    family = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    return sum(one.user + one.system for one in times) + times[0].children_user + times[0].children_system


def copy_example(folder: Path, name: str) -> None:
    """Copy the tests' example integration under another name, without its tables, of which there is one."""
    source = Path("tests/server/sdk/example")
    for file in source.rglob("*.py"):
        if not file.parent.name.endswith("migrations"):
            copy = folder / name / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(file.read_text("utf-8").replace("example", name), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="How soon the whole program is there, and what it weighs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20)
    parser.add_argument("--more", type=int, default=0, help="So many copies of the tests' example integration besides the three.")
    given = parser.parse_args()
    with (
        screen() as environment,
        tempfile.TemporaryDirectory() as ours,
        tempfile.TemporaryDirectory() as theirs,
        tempfile.TemporaryDirectory() as more,
    ):
        for number in range(given.more):
            copy_example(Path(more), f"example{number}")
        environment["DESKHAND_INTEGRATIONS"] = more
        deskhand = [sys.executable, "-m", "desktop", "--hidden", "--data-dir", ours]
        bare = [sys.executable, "-c", NOTHING, theirs]
        start(deskhand, environment, 0)  # the first start makes the database
        start(bare, environment, 0)
        pairs = [(start(deskhand, environment, given.idle), start(bare, environment, given.idle)) for _ in range(given.rounds)]
    for index, name in enumerate(FIGURES):
        mine, its = ([pair[who][index] for pair in pairs] for who in (0, 1))
        ratios = sorted(one / other if other else 1.0 for one, other in zip(mine, its, strict=True))
        told = f"Deskhand {statistics.median(mine):7.1f}   bare {statistics.median(its):7.1f}"
        print(f"{name:<22} {told}   ratio {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
