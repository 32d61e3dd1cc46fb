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
from server.tunnel.provider import MenuAction, Said, StatusFeed
from tests import loopback
from tests.server.tunnel.tunnels import agents


class Ear:
    """Hears a line out."""

    def __init__(self) -> None:
        self.news: list[StatusFeed] = []
        self._came = threading.Condition()

    def __call__(self, one: StatusFeed) -> None:
        with self._came:
            self.news.append(one)
            self._came.notify_all()

    def wait_for(self, said: Said, seconds: float = 20) -> StatusFeed:
        with self._came:
            assert self._came.wait_for(lambda: any(one.said is said for one in self.news), seconds), self.news
            return next(one for one in self.news if one.said is said)


def wish(tmp_path: Path, **changes) -> MenuAction:
    order = {"upstream": "http://127.0.0.1:9", "command": agent_command(), "folder": tmp_path / "tunnel", "open_seconds": 20}
    return MenuAction(**{**order, **changes})


def test_a_reserved_address_is_asked_for_and_nothing_is_inspected(tmp_path: Path) -> None:
    ear = Ear()
    line = Ngrok().start(wish(tmp_path, domain="desk.ngrok.app"), ear)
    try:
        ear.wait_for(Said.up)
        address = line._process.api_url  # the agent's own interface
        (endpoint,) = loopback.get(f"{address}/api/endpoints").json()["endpoints"]
        assert endpoint["asked"] == {
            "name": "deskhand",
            "url": "https://desk.ngrok.app",
            "upstream": {"url": "http://127.0.0.1:9"},
            "inspect": False,
        }
        assert line.look() is None
    finally:
        line.close()
    assert line.look()
    assert ear.news[-1].said is Said.gone


def test_an_endpoint_that_ngrok_has_closed_is_noticed(tmp_path: Path) -> None:
    ear = Ear()
    line = Ngrok().start(wish(tmp_path), ear)
    try:
        ear.wait_for(Said.up)
        loopback.delete(f"{line._process.api_url}/api/endpoints/deskhand")
        trouble = line.look()
        assert trouble and trouble.passing and "closed" in trouble.detail
    finally:
        line.close()


def test_the_environments_authtoken_does_not_come_onto_the_command_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NGROK_AUTHTOKEN", "from-the-environment")
    ear = Ear()
    line = Ngrok().start(wish(tmp_path, authtoken="from-the-person"), ear)
    try:
        ear.wait_for(Said.up)
        (agent,) = agents(tmp_path)
        assert "from-the" not in " ".join(agent.cmdline())
        assert "NGROK_AUTHTOKEN" not in agent.environ()
    finally:
        line.close()


def test_whoever_only_looks_at_the_agents_files_is_left_alone(tmp_path: Path) -> None:
    ear, config = Ear(), str(tmp_path / "tunnel" / "ngrok.yml")
    program = [sys.executable, "-c", "import time; time.sleep(600)"]
    words = ["start", "--none", "--log", "stdout", "--config", config]
    strangers = [subprocess.Popen([*program, *more], start_new_session=True) for more in ([config], ["--config", config], words)]
    line = Ngrok().start(wish(tmp_path), ear)
    try:
        ear.wait_for(Said.up)
        assert (tmp_path / "tunnel" / "started.json").stat().st_mode & 0o077 == 0
    finally:
        line.close()
        alive = [stranger.poll() is None for stranger in strangers]
        for stranger in strangers:
            stranger.kill()
            stranger.wait()
    assert alive == [True, True, True]
    assert not agents(tmp_path)


def test_closing_while_it_is_being_opened_leaves_nothing(tmp_path: Path) -> None:
    ear = Ear()
    line = Ngrok().start(wish(tmp_path), ear)
    line.close()
    ear.wait_for(Said.gone)
    assert not agents(tmp_path)
    assert not (tmp_path / "tunnel" / "ngrok.yml").exists()


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 3\n", "no program at all", None])
def test_a_program_that_cannot_be_an_agent_is_a_sentence(tmp_path: Path, program: str | None) -> None:
    file = tmp_path / "ngrok"
    if program:
        file.write_text(program)
        file.chmod(0o700)
    ear = Ear()
    line = Ngrok().start(wish(tmp_path, command=(str(file),)), ear)
    trouble = ear.wait_for(Said.gone).trouble
    assert trouble and trouble.detail and trouble.advice
    line.close()


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
