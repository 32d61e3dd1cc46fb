import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from server.core.errors import Unavailable
from server.tunnel.fake.launch import agent_command
from server.tunnel.ngrok import Ngrok, make_config, read_lines
from server.tunnel.provider import EventKind, TunnelEvent, TunnelRequest
from tests import loopback
from tests.server.tunnel.tunnels import agents


class EventRecorder:
    """Hears a session out."""

    def __init__(self) -> None:
        self.events: list[TunnelEvent] = []
        self._condition = threading.Condition()

    def __call__(self, event: TunnelEvent) -> None:
        with self._condition:
            self.events.append(event)
            self._condition.notify_all()

    def wait_for(self, kind: EventKind, seconds: float = 60) -> TunnelEvent:
        with self._condition:
            assert self._condition.wait_for(lambda: any(event.kind is kind for event in self.events), seconds), self.events
            return next(event for event in self.events if event.kind is kind)


def make_request(tmp_path: Path, **changes) -> TunnelRequest:
    order = {"upstream": "http://127.0.0.1:9", "command": agent_command(), "folder": tmp_path / "tunnel", "open_seconds": 20}
    return TunnelRequest(**{**order, **changes})


def test_reserved_address_is_requested_without_inspection(tmp_path: Path) -> None:
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path, domain="desk.ngrok.app"), recorder)
    try:
        recorder.wait_for(EventKind.up)
        address = session._process.api_url  # the agent's own interface
        (endpoint,) = loopback.get(f"{address}/api/endpoints").json()["endpoints"]
        assert endpoint["asked"] == {
            "name": "deskhand",
            "url": "https://desk.ngrok.app",
            "upstream": {"url": "http://127.0.0.1:9"},
            "inspect": False,
        }
        assert session.check() is None
    finally:
        session.close()
    assert session.check()
    assert recorder.events[-1].kind is EventKind.ended


def test_endpoint_closed_by_ngrok_fails_the_check(tmp_path: Path) -> None:
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path), recorder)
    try:
        recorder.wait_for(EventKind.up)
        loopback.delete(f"{session._process.api_url}/api/endpoints/deskhand")
        error = session.check()
        assert error and error.transient and "closed" in error.detail
    finally:
        session.close()


def test_authtoken_of_the_environment_is_not_on_the_command_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NGROK_AUTHTOKEN", "from-the-environment")
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path, authtoken="from-the-person"), recorder)
    try:
        recorder.wait_for(EventKind.up)
        (agent,) = agents(tmp_path)
        assert "from-the" not in " ".join(agent.cmdline())
        assert "NGROK_AUTHTOKEN" not in agent.environ()
    finally:
        session.close()


def test_other_processes_with_the_configuration_path_are_not_ended(tmp_path: Path) -> None:
    recorder, config = EventRecorder(), str(tmp_path / "tunnel" / "ngrok.yml")
    program = [sys.executable, "-c", "import time; time.sleep(600)"]
    words = ["start", "--none", "--log", "stdout", "--config", config]
    strangers = [subprocess.Popen([*program, *more], start_new_session=True) for more in ([config], ["--config", config], words)]
    session = Ngrok().start(make_request(tmp_path), recorder)
    try:
        recorder.wait_for(EventKind.up)
        assert (tmp_path / "tunnel" / "started.json").stat().st_mode & 0o077 == 0
    finally:
        session.close()
        alive = [stranger.poll() is None for stranger in strangers]
        for stranger in strangers:
            stranger.kill()
            stranger.wait()
    assert alive == [True, True, True]
    assert not agents(tmp_path)


def test_close_while_opening_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path), recorder)
    session.close()
    recorder.wait_for(EventKind.ended)
    assert not agents(tmp_path)
    assert not (tmp_path / "tunnel" / "ngrok.yml").exists()


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 3\n", "no program at all", None])
def test_broken_agent_is_explained_in_a_sentence(tmp_path: Path, program: str | None) -> None:
    file = tmp_path / "ngrok"
    if program:
        file.write_text(program)
        file.chmod(0o700)
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path, command=(str(file),)), recorder)
    error = recorder.wait_for(EventKind.ended).error
    assert error and error.detail and error.advice
    session.close()


def test_agent_whose_reason_was_not_read_is_started_once_more(tmp_path: Path) -> None:
    file = tmp_path / "ngrok"
    line = "t=2026-01-01T00:00:00Z lvl=eror msg=closing err=ERR_NGROK_107"
    file.write_text(f"#!/bin/sh\nmkdir '{tmp_path}/started' 2>&- || echo '{line}'\nexit 1\n")
    file.chmod(0o700)
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path, command=(str(file),)), recorder)
    error = recorder.wait_for(EventKind.ended).error
    session.close()
    assert error and "does not know this authtoken" in error.detail


def test_log_has_the_errors_of_the_agent_without_authtokens(tmp_path: Path, caplog) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("DEBUG", "pyngrok")
    error = r"from-the-person is unknown\nYour authtoken: from-the-file\n ERR_NGROK_107"
    file = tmp_path / "ngrok"
    file.write_text(f"#!/bin/sh\ncat <<'END'\nt=2026-01-01T00:00:00Z lvl=eror msg=closing err=\"{error}\"\nEND\nexit 1\n")
    file.chmod(0o700)
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path, command=(str(file),), authtoken="from-the-person"), recorder)
    recorder.wait_for(EventKind.ended)
    session.close()
    assert "ngrok: " in caplog.text and "ERR_NGROK_107" in caplog.text
    assert "from-the" not in caplog.text


def test_undecodable_log_line_does_not_end_reading() -> None:
    log = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n" + b"lvl=info msg=last\n" * 9000), "utf-8")
    assert list(read_lines(log))[-1] == "lvl=info msg=last\n"
    log.close()
    assert list(read_lines(log)) == []


def test_request_limit_applies_to_addresses_of_the_free_plan() -> None:
    limit = Ngrok().requests_limit
    assert limit(None) == limit("https://bold-owl.ngrok-free.app") == limit("https://x.ngrok-free.dev") == 20_000
    assert limit("https://desk.ngrok.app") is limit("https://desk.example.org") is None


def test_download_address_is_that_of_ngrok_for_this_computer(monkeypatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr("platform.machine", lambda: "AMD64")
    assert Ngrok().download_address() == "https://bin.ngrok.com/c/bNyj1mQVY4c/ngrok-v3-stable-windows-amd64.zip"
    monkeypatch.setattr("platform.system", lambda: "BeOS")
    with pytest.raises(Unavailable, match=r"ngrok\.com/download"):
        Ngrok().download_address()


def test_configuration_is_valid_for_pyngrok() -> None:
    from pyngrok import installer

    installer.validate_config(make_config("token"))
    assert yaml.safe_load(yaml.safe_dump(make_config(None)))["agent"]["inspect_db_size"] == -1
