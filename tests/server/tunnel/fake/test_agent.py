import subprocess
from pathlib import Path

import pytest
from pyngrok.log import NgrokLog

from server.tunnel.fake.agent import quote, read_authtoken
from server.tunnel.fake.launch import agent_command


def test_log_lines_are_parsed_by_pyngrok(tmp_path: Path) -> None:
    config = tmp_path / "ngrok.yml"
    config.write_text("version: 3\nagent:\n  authtoken: revoked-one\n")
    command = [*agent_command(), "start", "--none", "--log", "stdout", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    first, last = (NgrokLog(line) for line in done.stdout.splitlines())
    assert (first.msg, first.lvl) == ("starting web service", "INFO")
    assert (last.msg, last.lvl) == ("session closing", "ERROR")
    assert "revoked-one" in (last.err or "") and "ERR_NGROK_107" in (last.err or "")


def test_unknown_command_is_an_error() -> None:
    done = subprocess.run([*agent_command(), "http", "80"], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, "unknown command" in done.stderr) == (1, True)


def test_missing_configuration_has_no_authtoken(tmp_path: Path) -> None:
    assert read_authtoken(["start", "--none"]) is None
    empty = tmp_path / "ngrok.yml"
    empty.write_text("version: 3\nagent: {}\n")
    assert read_authtoken(["--config", str(empty)]) is None


@pytest.mark.parametrize("value", ["plain", "two words"])
def test_value_is_quoted(value: str) -> None:
    assert NgrokLog(f"msg={quote(value)}").msg == value
