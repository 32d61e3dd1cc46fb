import sys
from pathlib import Path

import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.config.connection import read_target, resolve
from server.integrations.tools.config.parser import parse_config
from server.integrations.tools.models import Connection


def connect(text: str, environment: dict[str, str] | None = None) -> Connection:
    imported = parse_config(text, environment or {})
    return resolve(imported.upstreams[0], imported.secrets[imported.upstreams[0].id])


def test_process_gets_its_variables_and_a_clean_environment(monkeypatch) -> None:
    monkeypatch.setenv("DESKHAND_API_KEY", "ours")
    python = Path(sys.executable).as_posix()
    text = f'{{"mcpServers": {{"a": {{"command": "{python}", "args": ["--x=${{A}}"], "env": {{"B": "${{A}}!"}}}}}}}}'
    connection = connect(text, {"A": "one"})
    assert connection.command == (python, "--x=one")
    assert connection.environment["B"] == "one!"
    assert "PATH" in {name.upper() for name in connection.environment}
    assert "DESKHAND_API_KEY" not in connection.environment


def test_address_gets_its_query_and_headers() -> None:
    connection = connect('{"a": {"url": "https://${H}/mcp?key=${K:-k}", "headers": {"X": "${H}"}}}', {"H": "host"})
    assert (connection.url, connection.headers) == ("https://host/mcp?key=k", {"X": "host"})


@pytest.mark.parametrize(
    ("text", "environment", "sentence"),
    [
        ('{"a": {"command": "no-such-program-here"}}', {}, "the program no-such-program-here is not installed"),
        ('{"a": {"command": "sh", "args": ["${A}"]}}', {}, "needs the variable A"),
        ('{"a": {"command": "sh", "cwd": "/no/such/folder"}}', {}, "its folder does not exist"),
        ('{"a": {"url": "https://${A}/"}}', {"A": "x@evil"}, "makes its url or a header invalid"),
        ('{"a": {"url": "https://h/", "headers": {"X": "${A}"}}}', {"A": "1\r\nHost: evil"}, "makes its url or a header invalid"),
        ('{"a": {"url": "https://h/?${A}"}}', {"A": "a b"}, "makes its url or a header invalid"),
    ],
)
def test_invalid_value_is_refused_in_a_sentence(text: str, environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        connect(text, environment)
    assert sentence in caught.value.detail


@pytest.mark.parametrize(("name", "changed"), [("NODE_OPTIONS", True), ("REGION", False)])
def test_variable_that_has_another_program_run_is_part_of_the_target(name: str, changed: bool) -> None:
    text = f'{{"mcpServers": {{"a": {{"command": "node", "env": {{"{name}": "${{X}}"}}}}}}}}'
    targets = []
    for value in ("--trace", "--require /tmp/x.js"):
        imported = parse_config(text, {"X": value})
        targets.append(read_target(imported.upstreams[0], imported.secrets["a"]))
    assert (targets[0] != targets[1]) is changed
