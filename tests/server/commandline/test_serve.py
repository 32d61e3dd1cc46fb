import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.commandline.serve import tell
from server.lifecycle.program import Ready
from tests import loopback
from tests.server.tunnel.tunnels import agents

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_serve_prints_one_line_of_json_when_ready_and_exits_with_0(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    assert set(ready) == {"public", "local", "runtime_file", "pid", "notices"}
    assert ready["pid"] == process.pid
    assert loopback.get(ready["public"] + "/health").status_code == 200
    process.send_signal(getattr(signal, name))
    rest, errors = process.communicate(timeout=60)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_host_and_port_are_read_from_the_environment(deskhand_process) -> None:
    failed = deskhand_process("serve", HOST="256.1.1.1", PORT="1234")
    assert failed.returncode == 1
    assert "256.1.1.1, port 1234" in failed.stderr


def test_second_server_with_the_same_folder_exits_with_1(deskhand_process, serve) -> None:
    serve()
    failed = deskhand_process("serve", "--port", "0")
    assert (failed.returncode, "running already" in failed.stderr) == (1, True)


def test_log_has_no_key_and_no_query(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server", "serve", "--json", "--verbose", "--port", "0", "--data-dir", str(tmp_path)]
    environment = {**os.environ, "DESKHAND_API_KEY": "dh_the-key-of-the-environment"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    public = json.loads(process.stdout.readline())["public"]
    headers = {"X-API-Key": "dh_the-key-of-the-environment"}
    for path in ("/apps/list?secret=query", "/gmail/messages?query=secret", "/nothing?secret=1"):
        loopback.get(public + path, headers=headers)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert "secret" not in errors
    assert "dh_the-key" not in errors


def start(folder: Path, *options: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    command = [sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", str(folder), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    return process, json.loads(process.stdout.readline())


def test_tunnel_address_is_printed_and_the_tunnel_killed_with_the_program(tmp_path: Path) -> None:
    process, ready = start(tmp_path, "--demo", "--tunnel")
    assert loopback.get(ready["public"] + "/openapi.json").json()["servers"] == [{"url": ready["public"]}]
    (agent,) = agents(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    agent.wait(60)


def test_failed_tunnel_is_reported_and_the_server_continues(tmp_path: Path) -> None:
    process, ready = start(tmp_path, "--public-url", "https://desk.example.org", "--tunnel")
    process.terminate()
    process.communicate(timeout=60)
    assert ready["public"] == "https://desk.example.org"
    environment = {**os.environ, "PATH": str(tmp_path)}
    command = [sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", str(tmp_path), "--tunnel"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    assert loopback.get(ready["public"] + "/health").status_code == 200
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "needs the ngrok agent" in errors


HANGING = """
import asyncio, os, threading
from pathlib import Path
from server.commandline import serve
from server.lifecycle.program import Options, Program

real = Program.run

async def run(self, on_ready):
    def ready(told):
        for _ in range(HANGS):
            loop.run_in_executor(None, threading.Event().wait)
        on_ready(told)
    loop = asyncio.get_running_loop()
    await real(self, ready)

Program.run = run
serve.LAST_SECONDS, serve.STOP_SECONDS = 0.2, 1.0
serve.run_here(Options(port=0, data_dir=Path(os.environ["DESKHAND_DATA_DIR"])), as_json=True)
"""


@pytest.mark.parametrize(("hangs", "code"), [(1, 0), (100, 1)])
def test_server_exits_even_if_threads_hang(tmp_path: Path, hangs: int, code: int) -> None:
    command = [sys.executable, "-c", HANGING.replace("HANGS", str(hangs))]
    environment = {**os.environ, "DESKHAND_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline()
    process.terminate()
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code


def test_printed_command_names_the_folder_that_is_served(monkeypatch) -> None:
    ready = Ready("http://127.0.0.1:8000", "http://127.0.0.1:1", "", 1)
    monkeypatch.delenv("DESKHAND_DATA_DIR", raising=False)
    assert "clients create my-script --data-dir '/my data'" in tell(ready, demo=False, data_dir=Path("/my data"))
    assert tell(ready, demo=False).endswith("clients create my-script")
    monkeypatch.setenv("DESKHAND_DATA_DIR", "/my data")
    assert tell(ready, demo=False, data_dir=Path("/my data")).endswith("clients create my-script")
