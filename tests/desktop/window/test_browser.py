import re
from pathlib import Path

import pytest

from desktop.server_thread import BackgroundServer
from desktop.window.browser import has_screen, write_entry
from server.lifecycle.program import Options, Program
from tests import loopback


def test_entry_page_is_private_and_works_once(tmp_path: Path) -> None:
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path)))
    background.start()
    try:
        page = write_entry(tmp_path)
        assert page.stat().st_mode & 0o777 == 0o600
        text = page.read_text()
        action, key = re.findall(r'(?:action|value)="([^"]+)"', text)
        first, second = (loopback.post(action, data={"key": key}, headers={"Origin": "null"}) for _ in range(2))
        assert (first.status_code, second.status_code) == (303, 401)
    finally:
        background.stop()


def test_screen_is_detected_by_its_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_screen()
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_screen()
