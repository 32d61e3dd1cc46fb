"""A strict OAuth client goes the whole way, as each kind of client."""

import json

import pytest

from tests.checks.conftest import Node
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


def run_script(node: Node, server, resource: str, *more: str) -> list[str]:
    """Run it, and be its browser and its person; answer its steps."""
    steps, output = [], ""
    with node.talk("oauth4webapi.mjs", server.public, resource, CALLBACK, *more) as script:
        assert script.stdin and script.stdout
        for line in script.stdout:
            if not line.startswith("{"):
                output += line
                continue
            message = json.loads(line)
            if message["step"] == "visit":
                script.stdin.write(visit(server, message["address"]) + "\n")
                script.stdin.flush()
            else:
                steps.append(message["step"])
    assert script.returncode == 0, f"after {steps}: {output}"
    return steps


def test_dynamically_registered_client_signs_in(demo, node) -> None:
    demo.person("PUT", "/api/sign-ins", json={"registration_allowed": True})
    assert run_script(node, demo, f"{demo.public}/mcp") == ["discovery", "resource", "registration", *STEPS[2:]]


@pytest.mark.parametrize("method", ["post", "basic"])
def test_confidential_client_signs_in(demo, node, method) -> None:
    made = run_command(demo, "clients", "create", f"strict-{method}", "--oauth", "--redirect-uri", CALLBACK)
    pair = json.loads(made)
    assert run_script(node, demo, demo.public, pair["client_id"], pair["client_secret"], method) == STEPS
