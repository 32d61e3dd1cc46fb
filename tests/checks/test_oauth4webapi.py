"""A strict OAuth client goes the whole way, as each kind of client."""

import json
import subprocess

import pytest

from tests.checks.conftest import TOOLS, Node
from tests.checks.consent import run_command, visit

CALLBACK = "http://127.0.0.1:47653/callback"
STEPS = [
    "discovery",
    "resource",
    "a wrong verifier is refused",
    "exchange",
    "refresh",
    "a spent refresh token ends its family",
    "revocation",
    "a code is used once",
    "done",
]


def run_script(node: Node, server, *more: str) -> list[str]:
    """Run it, and be its browser and its person; answer its steps."""
    command = [node.programs / "node", TOOLS / "oauth4webapi.mjs", server.public, f"{server.public}/mcp", CALLBACK, *more]
    steps = []
    with subprocess.Popen(
        command, env=node.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        for line in process.stdout:
            told = json.loads(line)
            if told["step"] == "visit":
                process.stdin.write(visit(server, told["address"]) + "\n")
                process.stdin.flush()
            else:
                steps.append(told["step"])
        said = process.stderr.read()
    assert process.returncode == 0, f"after {steps}: {said}"
    return steps


@pytest.fixture
def server(start):
    return start("--demo")


def test_one_that_registers_itself(server, node) -> None:
    server.person("PUT", "/api/sign-ins", json={"registration_allowed": True})
    assert run_script(node, server) == ["discovery", "resource", "registration", *STEPS[2:]]


@pytest.mark.parametrize("method", ["post", "basic"])
def test_one_with_a_secret(server, node, method) -> None:
    made = run_command(server, "clients", "create", "strict", "--oauth", "--redirect-uri", CALLBACK)
    pair = json.loads(made)
    assert run_script(node, server, pair["client_id"], pair["client_secret"], method) == STEPS
