import sys
import threading
import webbrowser
from pathlib import Path

import pytest

from desktop.window.window import Window
from server.core.errors import Conflict, Unavailable
from tests.desktop.display import until

# Stand in for the window's process: one that has no web view, and one that shows what it is told until its input ends.
BROKEN = [sys.executable, "-c", "raise SystemExit(3)"]
ECHO = "import sys\nfor line in sys.stdin:\n  open({told!r}, 'a').write(line); print('shown', flush=True)"

CHOOSER = """
import sys, time
for line in sys.stdin:
  if line == "choose folder\\n": print('chosen "/tmp/a \\\\udcff"', flush=True)
  elif line == "choose file\\n": print('chosen null', flush=True)
  elif line.startswith("choose "): raise SystemExit
  else: print("shown", flush=True)
"""


@pytest.fixture
def opened(monkeypatch):
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    return addresses


@pytest.fixture
def data(serve, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    return serve(demo=True).data


def test_window_opens_in_the_browser_without_a_web_view(data, tmp_path, opened):
    window = Window(data, tmp_path, command=BROKEN)
    window.show()
    window.show()
    assert len(opened) == 2
    assert opened[0].startswith("file://")
    assert not window.is_open


def test_missing_browser_and_web_view_is_a_sentence(data, tmp_path, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with pytest.raises(Unavailable, match="No browser"):
        Window(data, tmp_path, command=BROKEN).show()


def test_repeated_show_raises_one_window(data, tmp_path, opened):
    text = tmp_path / "told"
    window = Window(data, tmp_path, command=[sys.executable, "-c", ECHO.format(told=str(text))])
    asking = [threading.Thread(target=window.show) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(30)
    assert window.is_open
    window.close()
    assert not window.is_open
    first, *others = text.read_text().splitlines()
    assert first.startswith("show http://127.0.0.1:")
    assert "/enter?key=" in first
    assert others == ["show"] * 3, "raising it takes no new way in"
    assert opened == []


def test_window_shows_a_page_open_or_not(data, tmp_path):
    text = tmp_path / "told"
    window = Window(data, tmp_path, command=[sys.executable, "-c", ECHO.format(told=str(text))])
    window.show("approvals")
    window.show("activity")
    until(lambda: len(text.read_text().splitlines()) > 1, "it is told")
    window.close()
    first, second = text.read_text().splitlines()
    assert first.endswith("&page=approvals")
    assert second == "show #activity"


def test_browser_opens_at_a_page(data, tmp_path, opened):
    Window(data, tmp_path, command=BROKEN).show("approvals")
    assert 'name="page" value="approvals"' in (data / "open-window.html").read_text()


def test_entry_key_is_on_no_command_line(data, tmp_path):
    text = tmp_path / "told"
    window = Window(data, tmp_path, command=[sys.executable, "-c", ECHO.format(told=str(text))])
    window.show()
    assert window._process
    key = text.read_text().split("key=")[1].strip()
    assert not [word for word in window._process.args if key in word]
    window.close()


def test_window_is_unavailable_without_a_screen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(Unavailable, match="no screen"):
        Window(tmp_path, tmp_path).show()


def test_window_process_gets_no_secret_and_its_log_is_private(data, tmp_path, opened, monkeypatch):
    monkeypatch.setenv("DESKHAND_API_KEY", "secret")
    (tmp_path / "window.log").touch(0o644)
    script = "import os, sys; print(os.environ.get('DESKHAND_API_KEY'), file=sys.stderr)"
    Window(data, tmp_path, command=[sys.executable, "-c", script]).show()
    assert (tmp_path / "window.log").read_text() == "None\n"
    assert (tmp_path / "window.log").stat().st_mode & 0o777 == 0o600


def test_file_is_chosen_in_the_window(data, tmp_path):
    window = Window(data, tmp_path, command=[sys.executable, "-c", CHOOSER])
    with pytest.raises(Unavailable, match="no file dialog"):
        window.choose_file()
    window.show()
    assert window.choose_file("folder") == Path("/tmp/a \udcff"), "also a path that is no text"
    assert window.choose_file("file") is None, "the person cancelled"
    assert window.choose_file("program") is None, "the window was closed"
    with pytest.raises(ValueError, match="show"):
        window.choose_file("file\nshow http://evil.example/")
    window.close()


def test_second_dialog_is_refused_and_the_end_of_the_window_ends_the_first(data, tmp_path):
    text = tmp_path / "told"
    window = Window(data, tmp_path, command=[sys.executable, "-c", ECHO.format(told=str(text))])
    window.show()
    chosen: list[Path | None] = []
    waiting = threading.Thread(target=lambda: chosen.append(window.choose_file()))
    waiting.start()
    until(lambda: "choose file" in text.read_text(), "the dialog is open")
    with pytest.raises(Conflict, match="already"):
        window.choose_file()
    window.close()
    waiting.join(30)
    assert chosen == [None]
