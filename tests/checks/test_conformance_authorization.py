"""The conformance suite's scenarios for an authorization server, all in one run, with the issuer without a slash."""

import re
from tempfile import TemporaryDirectory

from tests import loopback
from tests.checks.conftest import Node
from tests.checks.consent import visit
from tests.checks.waiting import free_port

SCENARIOS = ("authorization-server-metadata-endpoint", "authorization-code-grant")


def register(server, callback: str) -> str:
    """Register a program without a secret, as the suite wants one, and answer its id."""
    server.person("PUT", "/api/sign-ins", json={"registration_allowed": True})
    metadata = loopback.get(f"{server.public}/.well-known/oauth-authorization-server").json()
    wanted = {"client_name": "conformance", "redirect_uris": [callback], "token_endpoint_auth_method": "none"}
    made = loopback.post(metadata["registration_endpoint"], json=wanted)
    assert made.status_code == 201, made.text
    return str(made.json()["client_id"])


def test_mcp_authorization_conformance_succeeds(start, node: Node) -> None:
    server, port = start("--demo"), free_port()
    assert not server.public.endswith("/")
    client = register(server, f"http://127.0.0.1:{port}/callback")
    arguments = ["--url", server.public, "--client-id", client, "--resource", f"{server.public}/mcp", "-p", str(port)]
    lines = []
    with (
        TemporaryDirectory() as record,  # the suite's own, of every token that it gets: none that a test leaves behind
        node.talk(node.find_program("conformance"), "authorization", *arguments, "-o", record, cwd=record) as suite,
    ):
        assert suite.stdout
        for line in suite.stdout:
            lines.append(line)
            if match := re.search(r"http://\S+/authorize\?\S+", line):
                loopback.get(visit(server, match[0]))
    output = "".join(lines)
    assert suite.returncode == 0, output
    for scenario in SCENARIOS:
        assert scenario in output
    assert re.search(r"0 failed", output), output
