import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from server.core.errors import Unavailable
from server.tunnel.fake.launch import agent_command
from server.tunnel.ngrok import Ngrok, end_agents, make_config, read_lines
from server.tunnel.provider import EventKind, TunnelEvent, TunnelRequest
from tests import loopback
from tests.server.tunnel.tunnels import agents


class EventRecorder:
    """Hears a session out."""

    def __init__(self) -> None:
        self.events: list[TunnelEvent] = []
        self._condition = threading.Condition()

    def __call__(self, one: TunnelEvent) -> None:
        with self._condition:
            self.events.append(one)
            self._condition.notify_all()

    def wait_for(self, kind: EventKind, seconds: float = 20) -> TunnelEvent:
        with self._condition:
            assert self._condition.wait_for(lambda: any(one.kind is kind for one in self.events), seconds), self.events
            return next(one for one in self.events if one.kind is kind)


def make_request(tmp_path: Path, **changes) -> TunnelRequest:
    order = {"upstream": "http://127.0.0.1:9", "command": agent_command(), "folder": tmp_path / "tunnel", "open_seconds": 20}
    return TunnelRequest(**{**order, **changes})


def test_a_reserved_address_is_asked_for_and_nothing_is_inspected(tmp_path: Path) -> None:
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


def test_an_endpoint_that_ngrok_has_closed_is_noticed(tmp_path: Path) -> None:
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path), recorder)
    try:
        recorder.wait_for(EventKind.up)
        loopback.delete(f"{session._process.api_url}/api/endpoints/deskhand")
        error = session.check()
        assert error and error.transient and "closed" in error.detail
    finally:
        session.close()


def test_the_environments_authtoken_does_not_come_onto_the_command_line(tmp_path: Path, monkeypatch) -> None:
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


def test_whoever_only_looks_at_the_agents_files_is_left_alone(tmp_path: Path) -> None:
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


def test_closing_while_it_is_being_opened_leaves_nothing(tmp_path: Path) -> None:
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path), recorder)
    session.close()
    recorder.wait_for(EventKind.ended)
    assert not agents(tmp_path)
    assert not (tmp_path / "tunnel" / "ngrok.yml").exists()


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 3\n", "no program at all", None])
def test_a_program_that_cannot_be_an_agent_is_a_sentence(tmp_path: Path, program: str | None) -> None:
    file = tmp_path / "ngrok"
    if program:
        file.write_text(program)
        file.chmod(0o700)
    recorder = EventRecorder()
    session = Ngrok().start(make_request(tmp_path, command=(str(file),)), recorder)
    error = recorder.wait_for(EventKind.ended).error
    assert error and error.detail and error.advice
    session.close()


def test_words_that_are_no_text_do_not_end_the_listening() -> None:
    said = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n" + b"lvl=info msg=last\n" * 9000), "utf-8")
    assert list(read_lines(said))[-1] == "lvl=info msg=last\n"
    said.close()
    assert list(read_lines(said)) == []


def test_the_free_plans_limit_holds_for_its_addresses() -> None:
    limit = Ngrok().requests_limit
    assert limit(None) == limit("https://bold-owl.ngrok-free.app") == limit("https://x.ngrok-free.dev") == 20_000
    assert limit("https://desk.ngrok.app") is limit("https://desk.example.org") is None


def test_the_agent_of_this_computer_comes_from_ngrok(monkeypatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr("platform.machine", lambda: "AMD64")
    assert Ngrok().download_address() == "https://bin.ngrok.com/c/bNyj1mQVY4c/ngrok-v3-stable-windows-amd64.zip"
    monkeypatch.setattr("platform.system", lambda: "BeOS")
    with pytest.raises(Unavailable, match=r"ngrok\.com/download"):
        Ngrok().download_address()


def test_the_configuration_is_one_that_pyngrok_takes() -> None:
    from pyngrok import installer

    installer.validate_config(make_config("token"))
    assert yaml.safe_load(yaml.safe_dump(make_config(None)))["agent"]["inspect_db_size"] == -1


def test_where_no_agent_runs_nothing_is_ended(tmp_path: Path) -> None:
    end_agents(tmp_path / "ngrok.yml")
    Ngrok().end_stale(tmp_path)
