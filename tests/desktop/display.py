"""A desktop of its own for a test: X server, bus, window manager, tray, and a daemon that records notifications."""

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
from PIL import Image, ImageGrab

from desktop.toolkit import FOLDERS, fits
from tests.conftest import ROOT, need

PROGRAMS = ("Xvfb", "openbox", "trayer", "xdotool", "wmctrl", "dbus-daemon")
PACKAGES = (
    "apt-get install xvfb openbox trayer xdotool wmctrl dbus python3-gi gir1.2-gtk-3.0 gir1.2-webkit2-4.1 "
    "gir1.2-ayatanaappindicator3-0.1 gir1.2-atspi-2.0 at-spi2-core"
)
HERE = Path(__file__).resolve().parent
MARK = "DESKHAND_TEST"
NOT_OURS = {"HOST", "PORT", "API_KEY", "DESKHAND_API_KEY", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "BROWSER"}
TIMEOUT = 120.0  # seconds; a busy machine is no failure
T = TypeVar("T")


def need_desktop() -> None:
    """Skip where there is no desktop to be had."""
    for name in PROGRAMS:
        need(shutil.which(name), name, PACKAGES)
    need(any(fits(folder) for folder in FOLDERS), "GTK for exactly this Python", PACKAGES)


def until(condition: Callable[[], T], what: str, seconds: float = TIMEOUT) -> T:
    """Wait for a condition; looking takes at most half of the time, for it holds up what is waited for."""
    end = time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        if value := condition():
            return value
        time.sleep(max(0.05, time.monotonic() - begun))
    raise AssertionError(f"{what}: not within {seconds} seconds")


@dataclass
class Deskhand:
    """The program itself, as a person starts it."""

    process: "subprocess.Popen[str]"
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.output or self.process.poll() is not None, f"Deskhand says {text!r}")
        assert text in self.output, self.output

    def ended_with(self) -> int:
        return self.process.wait(TIMEOUT)


@dataclass
class Display:
    """A desktop session. `environment`: its variables."""

    environment: dict[str, str]
    stack: ExitStack
    folder: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    daemon: "subprocess.Popen[str] | None" = None  # of notifications
    screen: "subprocess.Popen[bytes] | None" = None

    def run(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout

    def keep(self, *command: str, name: str, **environment: str) -> "subprocess.Popen[str]":
        """Start something that runs as long as the test."""
        return self.stack.enter_context(run_process(command, {**self.environment, **environment}, self.folder / f"{name}.txt"))

    def start(self, *arguments: str, **environment: str) -> Deskhand:
        """Start Deskhand, as the demo in a folder of its own."""
        return self.launch("--demo", "--no-visitor", "--data-dir", str(self.data), *arguments, **environment)

    def launch(self, *arguments: str, **environment: str) -> Deskhand:
        """Start Deskhand with these arguments alone."""
        number = len(list(self.folder.glob("deskhand-*.txt")))
        output = self.folder / f"deskhand-{number}.txt"
        command = [sys.executable, "-m", "desktop", *arguments]
        everything = {**self.environment, MARK: self.mark, **environment}
        process = self.stack.enter_context(run_process(command, everything, output))
        return Deskhand(process, output)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def processes(self) -> list[str]:
        """Processes of Deskhand, with all descendants."""
        return [" ".join(process.cmdline()) for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def picture(self, box: tuple[int, int, int, int] | None = None) -> Image.Image:
        return ImageGrab.grab(box, xdisplay=self.environment["DISPLAY"])

    def tray(self) -> tuple[int, int, int, int]:
        """Position of the tray: x, y, width, height; an empty tray is one pixel wide."""
        text = self.run("xdotool", "search", "--onlyvisible", "--class", "trayer", "getwindowgeometry", "--shell")
        fields = dict(line.split("=") for line in text.split() if "=" in line)
        x, y, width, height = (int(fields.get(name, 0)) for name in ("X", "Y", "WIDTH", "HEIGHT"))
        return x, y, width, height

    def wait_for_icon(self) -> None:
        until(lambda: self.tray()[2] > 16, "an icon is in the tray")

    def click_icon(self, button: int = 1) -> None:
        x, y, width, height = self.tray()
        self.click(x + width // 2, y + height // 2, button)

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.run("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def windows(self) -> list[str]:
        """The titles of the windows."""
        return [line.split(None, 3)[3] for line in self.run("wmctrl", "-l").splitlines() if len(line.split(None, 3)) == 4]

    def active(self) -> str:
        return self.run("xdotool", "getactivewindow", "getwindowname").strip()


@dataclass
class Reader:
    """Reads the screen aloud, as a screen reader would."""

    process: "subprocess.Popen[str]"

    def read(self) -> list[dict[str, Any]]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline() or "[]")

    def text(self) -> str:
        return "\n".join(f"{part['name']}\n{part['text']}" for part in self.read())

    def hears(self, text: str) -> None:
        until(lambda: text in self.text(), f"the screen says {text!r}")

    def find(self, role: str, name: str) -> dict[str, Any]:
        def level() -> dict[str, Any] | None:
            fitting = [part for part in self.read() if part["role"] == role and part["name"].startswith(name)]
            return next((part for part in fitting if part["width"] > 0), None)

        node = until(level, f"{role} {name!r} is on the screen")
        assert node
        return node


@contextmanager
def run_process(command: Any, environment: dict[str, str], log: Path) -> "Iterator[subprocess.Popen[str]]":
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def opened(folder: Path, *, tray: bool = True, notifications: bool = True) -> Iterator[Display]:
    """Open a desktop."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    environment |= {"GTK_THEME": "Adwaita", "LIBGL_ALWAYS_SOFTWARE": "1", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        reader, writer = os.pipe()
        screen = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1360x900x24", "-nolisten", "tcp"]
        server = subprocess.Popen(screen, pass_fds=(writer,), stderr=subprocess.DEVNULL)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        os.close(writer)
        with os.fdopen(reader) as text:
            environment["DISPLAY"] = f":{text.readline().strip()}"
        bus = stack.enter_context(
            subprocess.Popen(
                ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        )
        stack.callback(bus.terminate)
        assert bus.stdout
        environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        display = Display(environment, stack, folder, screen=server)
        managers = [display.keep("openbox", name="openbox")]
        if tray:
            display.keep(
                *["trayer", "--edge", "bottom", "--align", "left", "--widthtype", "request", "--height", "32"], name="trayer"
            )
        if notifications:
            display.daemon = daemon = display.keep(sys.executable, "-u", str(HERE / "notifications.py"), name="notifications")
            until(lambda: "owned" in (folder / "notifications.txt").read_text() or daemon.poll() is not None, "notifications")
        until(lambda: is_managed(display, managers), "a window manager")
        yield display


def is_managed(display: Display, managers: "list[subprocess.Popen[str]]") -> bool:
    """Return whether a window manager runs; one that has ended, as on a display that just opened, is started again."""
    if managers[-1].poll() is not None:
        managers.append(display.keep("openbox", name=f"openbox-{len(managers)}"))
    return bool(display.run("wmctrl", "-m"))


def open_reader(display: Display) -> Reader:
    """Open a screen reader."""
    process = display.stack.enter_context(
        subprocess.Popen(
            [sys.executable, str(HERE / "reader.py")],
            cwd=ROOT,
            env=display.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    )
    display.stack.callback(process.kill)
    return Reader(process)
