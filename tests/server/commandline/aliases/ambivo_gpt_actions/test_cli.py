import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx2
import pytest
import yaml
from ambivo_gpt_actions.cli import cli, find_data_dir
from click.testing import CliRunner

from tests import loopback


@contextmanager
def serve(data, *arguments, **environment):
    """Run `ambivo-gpt-actions serve` in a process of its own, without installing anything."""
    variables = os.environ | {"AMBIVO_GPT_DATA_DIR": str(data), "DESKHAND_TOOLS_PRESETS": "", **environment}
    command = [sys.executable, "-m", "ambivo_gpt_actions", "serve", *arguments]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def find_port():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        return reserved.getsockname()[1]


def wait_until_answered(url):
    limit = time.monotonic() + 60
    while True:
        try:
            return loopback.get(url)
        except httpx2.TransportError:
            assert time.monotonic() < limit
            time.sleep(0.1)


def run(data, *arguments, presets=""):
    command = [sys.executable, "-m", *arguments]
    variables = os.environ | {"AMBIVO_GPT_DATA_DIR": str(data), "DESKHAND_TOOLS_PRESETS": presets}
    return subprocess.run(command, env=variables, cwd=data.parent, capture_output=True, text=True, check=False)


def test_guides_commands_work_on_its_own_data_directory(tmp_path) -> None:
    data, port = tmp_path / "own", find_port()
    with serve(data, AMBIVO_GPT_PORT=str(port)):
        assert wait_until_answered(f"http://localhost:{port}/health").json()["status"] == "healthy"
        assert (data / "deskhand.db").exists()
        written = run(data, "ambivo_gpt_actions", "generate-schema")
        assert written.returncode == 0, written.stderr
        assert yaml.safe_load((tmp_path / "openapi.yaml").read_text())["openapi"] == "3.1.0"
        assert run(data, "ambivo_gpt_actions", "generate-schema", "--format", "json", "--output", "schema.json").returncode == 0
        assert json.loads((tmp_path / "schema.json").read_text())["openapi"] == "3.1.0"
        assert run(data, "ambivo_gpt_actions.schema_generator", "--output", "my-schema.yaml").returncode == 0
        refused = run(data, "ambivo_gpt_actions", "generate-schema", presets="ambivo")
        assert refused.stderr == "There is nothing of the scope use:ambivo.\n", "it is not installed"
        assert (tmp_path / "my-schema.yaml").exists()


def test_document_needs_a_running_server(tmp_path) -> None:
    refused = run(tmp_path / "own", "ambivo_gpt_actions.schema_generator")
    assert refused.returncode == 1
    assert "not running" in refused.stderr


def test_defaults_are_those_of_the_guide() -> None:
    options = {option.name: option for option in cli.commands["serve"].params}
    assert (options["host"].default, options["port"].default) == ("localhost", 8080)
    assert (options["host"].envvar, options["port"].envvar) == ("AMBIVO_GPT_HOST", "AMBIVO_GPT_PORT")


def test_data_directory_is_not_deskhands(tmp_path) -> None:
    assert find_data_dir(None).name == "ambivo-gpt-actions"
    assert find_data_dir(tmp_path) == tmp_path


@pytest.mark.parametrize("arguments", [["serve", "--port", "high"], ["generate-schema", "--format", "xml"], ["other"]])
def test_wrong_usage_is_refused(arguments) -> None:
    assert CliRunner().invoke(cli, arguments).exit_code == 2
