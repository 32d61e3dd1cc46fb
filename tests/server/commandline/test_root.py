import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = [
    "serve",
    "clients create",
    "clients list",
    "clients show",
    "clients revoke",
    "addresses",
    "activity",
    "pause",
    "resume",
    "generate-schema",
    "backup",
    "restore",
    "doctor",
    "gmail sign-in",
    "gmail status",
    "gmail sign-out",
]


def deskhand(*arguments: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    environment = {**os.environ, "DESKHAND_DATA_DIR": str(data)} if data else dict(os.environ)
    command = [sys.executable, "-m", "desktop", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_a_data_dir(command: str) -> None:
    told = deskhand(*command.split(), "--help")
    assert told.returncode == 0
    assert f"deskhand {command}" in told.stdout.partition("Example:")[2]
    assert "--data-dir" in told.stdout


def test_wrong_usage_is_2_and_a_failure_is_1_with_one_sentence(tmp_path: Path) -> None:
    assert deskhand("clients", "create").returncode == 2
    assert deskhand("no-such-command").returncode == 2
    failed = deskhand("clients", "show", "nobody", data=tmp_path)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.strip().count("\n") == 0
    off = deskhand("addresses", data=tmp_path)
    assert (off.returncode, "deskhand serve" in off.stderr) == (1, True)


def test_a_client_made_while_nothing_runs_is_known_to_the_server_that_starts_then(serve, tmp_path: Path) -> None:
    made = deskhand("clients", "create", "bot", "--scope", "read:apps", data=tmp_path / "data")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert made.stdout.count("\n") == 1
    served = serve()
    assert served.call("GET", "/apps/list", key).status_code == 200
    listed = deskhand("clients", "list", "--json", data=tmp_path / "data")
    assert [client["name"] for client in json.loads(listed.stdout)] == ["bot"]
    assert deskhand("clients", "revoke", "bot", data=tmp_path / "data").returncode == 0
    assert served.call("GET", "/apps/list", key).status_code == 401
    activity = deskhand("activity", "--json", data=tmp_path / "data")
    assert json.loads(activity.stdout)[0]["operation"] == "list_apps"


def test_a_schema_is_written_as_its_file_is_named(tmp_path: Path) -> None:
    deskhand("clients", "create", "bot", "--scope", "read:apps", data=tmp_path / "data")
    target = tmp_path / "openapi.json"
    assert deskhand("generate-schema", "bot", "--output", str(target), data=tmp_path / "data").returncode == 0
    assert "/apps/list" in json.loads(target.read_text())["paths"]
    assert deskhand("generate-schema", data=tmp_path / "data").stdout.startswith("openapi: 3.1.0")


def test_the_selftest_names_the_integrations() -> None:
    told = deskhand("--selftest")
    assert told.returncode == 0, told.stdout
    assert "apps" in told.stdout
    assert "gmail" in told.stdout
