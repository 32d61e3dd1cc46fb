import json
import os
import socket
import subprocess
import sys

import psutil
import pytest

from desktop.server_thread import BackgroundServer
from server.http import ports
from server.http.ports import CannotStart, bind_or_say, bind_public
from server.lifecycle.program import Options, Program


@pytest.fixture
def taken():
    """A port that this very process holds."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held.getsockname()[1]


def test_taken_configured_port_is_reported_with_its_owner(tmp_path, taken) -> None:
    with pytest.raises(CannotStart, match="--port") as refused:
        BackgroundServer(Program(Options(port=taken, data_dir=tmp_path))).start()
    assert f"Port {taken} is held by {psutil.Process().name()} (pid {os.getpid()})" in refused.value.detail


def test_command_with_a_taken_configured_port_exits_with_1(root, tmp_path, taken) -> None:
    command = [sys.executable, "-m", "server", "serve", "--port", str(taken), "--data-dir", tmp_path]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"(pid {os.getpid()})" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_next_free_port_is_used_and_reported_if_no_port_is_configured(taken, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(ports, "USUAL_PORT", taken)
    background = BackgroundServer(Program(Options(data_dir=tmp_path)))
    ready = background.start()
    try:
        assert str(taken) not in ready.public
        notice = ready.notices[0]
        assert f"Port {taken} is held by" in notice
        assert f"Deskhand is at {ready.public.rpartition(':')[2]} this time" in notice
    finally:
        background.stop()


def test_default_port_needs_no_notice(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    monkeypatch.setattr(ports, "USUAL_PORT", free)
    bound, notice = bind_public("127.0.0.1", None)
    with bound:
        assert bound.getsockname()[1] == free
    assert notice is None


def test_foreign_address_is_refused_with_a_sentence() -> None:
    with pytest.raises(CannotStart, match=r"cannot listen on 192\.0\.2\.1"):
        bind_or_say("192.0.2.1", 0)


def test_another_deskhand_is_called_by_its_name(root, tmp_path) -> None:
    command = [sys.executable, "-P", "-m", "server", "serve", "--port", "0", "--json", "--data-dir", tmp_path]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    other = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        port = int(json.loads(other.stdout.readline())["public"].rpartition(":")[2])
        with pytest.raises(CannotStart, match=rf"another Deskhand \(pid {other.pid}\)"):
            bind_or_say("127.0.0.1", port)
    finally:
        other.terminate()
        other.communicate()


def test_hostile_program_name_is_escaped_for_the_terminal(monkeypatch, taken) -> None:
    monkeypatch.setattr(psutil.Process, "name", lambda _: "x\x1b[2J\u202e")
    with pytest.raises(CannotStart) as refused:
        bind_or_say("127.0.0.1", taken)
    assert "held by x␛[2J\\u202e (pid" in refused.value.detail
