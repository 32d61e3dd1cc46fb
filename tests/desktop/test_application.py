"""The whole program, as a person has it before them: a tray, a window, a mouse."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from desktop.api_client import ApiClient
from server.lifecycle import runtime_file
from tests import loopback
from tests.conftest import ROOT
from tests.desktop.display import until

TITLE = "Deskhand demo"
HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.timeout(300)


def local(display) -> ApiClient:
    running = until(lambda: runtime_file.read(display.data), "the server runs")
    assert running
    return ApiClient(running)


def choose(display, reader, *names: str, checked: bool = False) -> None:
    """Open the tray's menu and choose with the mouse; a menu that is open does not change, so it is opened anew until it fits.

    `checked`: whether the first line has to be, for a menu that is not yet up to date does what it shows.
    """

    def open_menu():
        display.click_icon(3)
        with suppress(AssertionError):
            until(lambda: find_line(reader, "Quit"), "the menu opens", 3)
            line = find_line(reader, names[0])
            if line and line["checked"] == checked:
                return line
        display.run("xdotool", "key", "Escape")
        return None

    def click_until_closed():
        click_line(display, reader, names[-1])
        with suppress(AssertionError):
            until(lambda: not find_line(reader, names[-1]), "the menu closes", 3)
            return True
        return False

    until(open_menu, f"the menu has {names[0]!r}")
    for name in names[:-1]:
        click_line(display, reader, name)
    until(click_until_closed, f"{names[-1]!r} is chosen")


def click_line(display, reader, name: str) -> None:
    """Click a line of the menu once it is at rest: an opening menu still moves."""

    def find_at_rest():
        line = find_line(reader, name)
        return line if line == find_line(reader, name) else None

    line = until(find_at_rest, f"the menu has {name!r}")
    display.click(line["x"] + line["width"] // 2, line["y"] + line["height"] // 2)


def find_line(reader, name: str):
    kinds = {"menu item", "check menu item", "menu"}
    lines = [part for part in reader.read() if part["role"] in kinds and part["name"].startswith(name)]
    return next((line for line in lines if line["width"] > 0 and line["x"] >= 0), None)


def nothing_is_left(display) -> None:
    until(lambda: not display.processes(), "no process is left")


def test_program_works_from_start_to_quit(display, reader):
    program = display.start("--hidden")
    display.wait_for_icon()
    program.wait_for("Deskhand is running")
    assert TITLE not in display.windows()

    choose(display, reader, "Open Deskhand")
    until(lambda: TITLE in display.windows(), "the window opens")
    reader.hears("Deskhand is running")

    running = local(display)
    choose(display, reader, "Tunnel")
    until(lambda: running.ask("GET", "/api/tunnel")["state"] == "open", "the tunnel is open")
    address = running.ask("GET", "/api/tunnel")["address"]
    assert address not in {running.running.public, running.running.local}

    made = running.ask("POST", "/api/clients", {"name": "visitor"})
    answer = loopback.get(f"{address}/gmail/labels", headers={"Authorization": f"Bearer {made['key']}"})
    assert answer.status_code == 200, answer.text
    reader.hears("visitor")
    reader.hears("labels")

    choose(display, reader, "Pause", "For 1 hour")
    until(lambda: running.ask("GET", "/api/status")["paused_until"], "it is paused")
    choose(display, reader, "Resume")
    until(lambda: not running.ask("GET", "/api/status")["paused_until"], "it goes on")

    display.run("wmctrl", "-c", TITLE)
    until(lambda: TITLE not in display.windows(), "the window is closed")
    assert httpx2.get(f"{running.running.public}/docs").status_code == 200

    second = display.start()
    until(lambda: TITLE in display.windows(), "a second start shows the window")
    assert second.ended_with() == 0
    assert "running already" in second.output

    choose(display, reader, "Quit Deskhand")
    assert program.ended_with() == 0
    nothing_is_left(display)


def test_restored_backup_restarts_the_server_below_tray_and_window(display, reader, tmp_path):
    program = display.start("--hidden")
    display.wait_for_icon()
    program.wait_for("Deskhand is running")
    before = local(display)
    before.ask("POST", "/api/backup", {"path": str(tmp_path / "backup.zip")})
    before.ask("POST", "/api/restore", {"path": str(tmp_path / "backup.zip")})
    until(lambda: local(display).running.key != before.running.key, "the server is there again")
    until(lambda: TITLE in display.windows(), "its window is shown")
    after = local(display)
    after.ask("POST", "/api/pause", {"minutes": 60})
    choose(display, reader, "Resume")
    until(lambda: not after.ask("GET", "/api/status")["paused_until"], "the tray follows the new server")
    choose(display, reader, "Quit Deskhand")
    assert program.ended_with() == 0
    nothing_is_left(display)


def test_menu_items_do_what_they_say(display, reader, tmp_path):
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    opener.chmod(0o755)
    program = display.start("--hidden", PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    display.wait_for_icon()
    program.wait_for("Deskhand is running")
    running = local(display)

    off = display.picture(tray_box(display)).tobytes()
    choose(display, reader, "Tunnel")
    until(lambda: running.ask("GET", "/api/tunnel")["state"] == "open", "the tunnel is open")
    until(lambda: display.picture(tray_box(display)).tobytes() != off, "the icon shows it")
    choose(display, reader, "Tunnel", checked=True)
    until(lambda: running.ask("GET", "/api/tunnel")["state"] == "off", "the tunnel is closed")

    choose(display, reader, "Open logs")
    until((tmp_path / "opened").exists, "the folder of the logs is shown")
    assert (tmp_path / "opened").read_text().strip() == str(display.data / "logs")

    opener.write_text("#!/bin/sh\nexit 3\n")
    choose(display, reader, "Open logs")
    text = tmp_path / "notifications.txt"
    until(lambda: "No file manager could be opened" in text.read_text(), "what did not work is told")

    assert "No file manager" not in program.output
    display.daemon.kill()
    choose(display, reader, "Open logs")
    program.wait_for("No file manager could be opened")
    assert "Traceback" not in program.output
    choose(display, reader, "Quit Deskhand")
    assert program.ended_with() == 0
    nothing_is_left(display)


def test_pending_approval_shows_in_the_tray_and_is_approved_with_the_keyboard(display, reader):
    program = display.start("--hidden")
    display.wait_for_icon()
    program.wait_for("Deskhand is running")
    running = local(display)
    key = running.ask("POST", "/api/clients", {"name": "my-gpt"})["key"]
    until(lambda: running.ask("GET", "/api/status")["recent"] == [], "nothing has happened")
    before = display.picture(tray_box(display)).tobytes()
    mail = {"to": "ann@example.com", "subject": "Lunch", "body": "At 12:30?"}
    with ThreadPoolExecutor(1) as caller:
        sending = caller.submit(send, running.running.public, key, mail)
        until(lambda: running.ask("GET", "/api/status")["waiting"] == 1, "it waits")
        until(lambda: display.picture(tray_box(display)).tobytes() != before, "the icon shows it")
        text = display.folder / "notifications.txt"
        until(lambda: "It wants to send an email to ann@example.com. Open Deskhand to review." in text.read_text(), "it is told")
        choose(display, reader, "1 request needs approval")
        until(lambda: TITLE in display.windows(), "the window opens")
        reader.hears("my-gpt wants to send an email to ann@example.com")
        until(lambda: display.active() == TITLE, "the window is in front")
        move_to(display, reader, "Allow once")
        display.run("xdotool", "key", "Return")
        reader.hears("Press Space to allow")
        until(
            lambda: display.run("xdotool", "key", "space") or running.ask("GET", "/api/status")["waiting"] == 0, "it is allowed"
        )
        assert sending.result().status_code in {200, 202}  # on a slow machine the caller does not wait for so long
    until(lambda: running.ask("GET", "/api/status")["recent"][0]["outcome"] == "done", "it is sent")
    program.process.send_signal(signal.SIGTERM)
    assert program.ended_with() == 0
    nothing_is_left(display)


def send(address: str, key: str, mail: dict[str, str]) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return loopback.post(f"{address}/gmail/send", headers=headers, json=mail, timeout=60)


def is_focused(reader, name: str) -> bool:
    return any(part["focused"] and part["name"].startswith(name) for part in reader.read())


def move_to(display, reader, name: str) -> None:
    """Press Tab until the keyboard is at something, and still is at the next look: a Tab may have been on its way."""
    looks = [False]

    def look() -> bool:
        looks.append(is_focused(reader, name))
        if not looks[-1]:
            display.run("xdotool", "key", "Tab")
        return all(looks[-2:])

    until(look, f"the keyboard is at {name!r}")


def tray_box(display):
    x, y, width, height = display.tray()
    return x, y, x + width, y + height


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signal_ends_the_program_with_0_and_leaves_nothing(display, name):
    program = display.start()
    until(lambda: TITLE in display.windows(), "a start shows the window")
    program.process.send_signal(getattr(signal, name))
    assert program.ended_with() == 0
    nothing_is_left(display)


def test_second_start_brings_the_window_to_the_front(display):
    display.start()
    until(lambda: display.active() == TITLE, "the window is in front")
    display.keep(sys.executable, str(HERE / "another.py"), name="another")
    until(lambda: display.active() == "Another", "another window is in front of it")
    assert display.start().ended_with() == 0
    until(lambda: display.active() == TITLE, "the window is in front again")


def test_window_ends_when_the_program_is_killed(display):
    program = display.start()
    until(lambda: TITLE in display.windows(), "a start shows the window")
    program.process.kill()
    nothing_is_left(display)


def test_click_opens_the_window_in_the_simplest_tray(display):
    program = display.start("--hidden", PYSTRAY_BACKEND="xorg")
    display.wait_for_icon()
    program.wait_for("Deskhand is running")
    until(lambda: display.click_icon() or TITLE in display.windows(), "a click opens the window")
    program.process.send_signal(signal.SIGTERM)
    assert program.ended_with() == 0
    nothing_is_left(display)


def open_tray(display):
    return display.keep(
        "trayer", "--edge", "bottom", "--align", "left", "--widthtype", "request", "--height", "32", name="trayer"
    )


@pytest.mark.parametrize("backend", ["appindicator", "xorg"])
def test_icon_docks_in_a_tray_that_starts_later(open_display, backend):
    display = open_display(tray=False)
    program = display.start("--hidden", PYSTRAY_BACKEND=backend)
    program.wait_for("Deskhand is running")
    open_tray(display)
    display.wait_for_icon()
    program.process.send_signal(signal.SIGTERM)
    assert program.ended_with() == 0


@pytest.mark.parametrize("backend", ["appindicator", "xorg"])
def test_icon_docks_again_in_a_restarted_tray(open_display, backend):
    display = open_display(tray=False)
    tray = open_tray(display)
    program = display.start("--hidden", PYSTRAY_BACKEND=backend)
    display.wait_for_icon()
    tray.kill()
    until(lambda: display.tray()[2] == 0, "the tray is gone")
    open_tray(display)
    display.wait_for_icon()
    program.process.send_signal(signal.SIGTERM)
    assert program.ended_with() == 0


def test_missing_tray_is_reported_once_and_the_window_opens(open_display):
    display = open_display(tray=False, notifications=False)
    program = display.start()
    program.wait_for("has no tray")
    until(lambda: TITLE in display.windows(), "a start shows the window")
    until(lambda: "has no tray" in str(local(display).ask("GET", "/api/overview")["notices"]), "the window says so too")
    program.process.send_signal(signal.SIGTERM)
    assert program.ended_with() == 0
    assert program.output.count("has no tray") == 1


def test_program_serves_without_dbus(display):
    program = display.start("--hidden", DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
    program.wait_for("Deskhand is running")
    program.process.send_signal(signal.SIGTERM)
    assert program.ended_with() == 0
    nothing_is_left(display)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_program_serves_without_a_screen(tmp_path: Path, name: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in {"PORT", "HOST", "DISPLAY", "WAYLAND_DISPLAY"}}
    command = [sys.executable, "-m", "desktop", "--demo", "--data-dir", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(3)]
    assert "demo mode" in lines[0]
    assert "http://127.0.0.1:" in lines[1]
    until(lambda: "no screen here" in process.stdout.readline(), "it says that there is no screen")
    second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, second.stderr) == (0, "")
    assert (tmp_path / "open-window.html").as_uri() in second.stdout
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate()
    watchdog.cancel()
    assert (process.returncode, errors) == (0, "")


def default_folders(folder: Path) -> dict[str, str]:
    """Variables that put the default folders below one folder."""
    names = ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"]
    return {name: str(folder / name.lower()) for name in names}


@pytest.mark.parametrize("order", [["--demo", ""], ["", "--demo", ""]])
def test_real_program_and_demo_start_in_either_order_with_the_default_folders(tmp_path: Path, order: list[str]) -> None:
    unset = {"PORT", "HOST", "DISPLAY", "WAYLAND_DISPLAY", "DESKHAND_DATA_DIR"}
    environment = {key: value for key, value in os.environ.items() if key not in unset} | default_folders(tmp_path)
    for argument in order:
        command = [sys.executable, "-m", "desktop", *filter(None, [argument])]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            watchdog = threading.Timer(60, process.kill)
            watchdog.start()
            assert process.stdout
            until(lambda: "no screen" in process.stdout.readline() or process.poll() is not None, "it is on, or has ended")
            running = runtime_file.read(tmp_path / "xdg_data_home" / "Deskhand" / argument.strip("-"))
            assert running, process.stderr.read()
            assert ApiClient(running).ask("GET", "/api/overview")["demo"] is bool(argument)
            process.terminate()
            _, errors = process.communicate()
            watchdog.cancel()
            assert (process.returncode, errors) == (0, "")


def test_real_program_starts_again_after_the_demo_that_welcome_started(display, reader):
    environment = default_folders(display.folder)
    data = display.folder / "xdg_data_home" / "Deskhand"
    program = display.launch(**environment)
    reader.hears("Welcome to Deskhand")
    button = reader.find("push button", "Try the demo first")
    display.click(button["x"] + button["width"] // 2, button["y"] + button["height"] // 2)
    until(lambda: TITLE in display.windows(), "the window of the demo opens")
    for folder in (data / "demo", data):
        running = until(lambda folder=folder: runtime_file.read(folder), "it runs")
        ApiClient(running).ask("POST", "/api/quit")
    assert program.ended_with() == 0
    nothing_is_left(display)
    again = display.launch(**environment)
    again.wait_for("Deskhand is running.")
    again.process.send_signal(signal.SIGTERM)
    assert again.ended_with() == 0
    nothing_is_left(display)


def test_program_ends_when_its_screen_is_lost(display):
    program = display.start("--hidden")
    display.wait_for_icon()
    program.wait_for("Deskhand is running")
    display.screen.kill()
    assert program.ended_with() == 0
    assert program.output.count("is gone, so it quits") == 1
    assert "is gone, so it quits" in (display.data / "logs" / "deskhand.log").read_text()
    assert not (display.data / runtime_file.NAME).exists()
    nothing_is_left(display)
