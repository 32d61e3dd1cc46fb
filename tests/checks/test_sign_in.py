"""Strict clients of other people sign in and out, with nothing between them and the server but a browser and the person."""

import json
import re
import socket
import subprocess
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.checks.conftest import TOOLS
from tests.checks.test_refresh_kills import Place
from tests.server.access.oauth.programs import Browser, approve, ask, register

STEPS = {
    "in": {"status": 200},
    "refreshed": {"another": True, "status": 200},
    "revoked": {"status": 401, "refresh": "invalid_grant"},
    "replayed": {"error": "invalid_grant", "status": 401},
}


def browse(place: Place, address: str) -> str:
    """Open an address as a browser does, with the person at the computer; where it comes out."""
    parts, browser = urlsplit(address), Browser(place)
    begun = ask(place, "GET", f"{parts.path}?{parts.query}")
    assert begun.status_code == 303, begun.text
    browser.path, browser.cookie = begun.headers["location"], begun.headers["set-cookie"].partition(";")[0]
    approve(place, browser)
    return browser.look().headers["location"]


def sign_in(node, place: Place, *who: str) -> dict[str, dict]:
    """Run the client; what it says of each step."""
    told = [
        str(node.programs / "node"),
        str(TOOLS / "sign_in.mjs"),
        place.public,
        place.public,
        f"{place.public}/apps/list",
        *who,
    ]
    said = {}
    with subprocess.Popen(
        told, cwd=TOOLS, env=node.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            step = json.loads(line)
            said[step.pop("step")] = step
            if "go" in step:
                process.stdin.write(browse(place, step["go"]) + "\n")
                process.stdin.flush()
        assert process.wait(30) == 0, process.stderr.read()
    return said


@pytest.mark.timeout(300)
def test_a_strict_client_signs_in_refreshes_and_signs_out_whichever_way_it_is_known(start, node):
    place = Place(start("--demo"))
    place.person("PUT", "/api/sign-ins", json={"registration_allowed": True})
    order = {"name": "own", "oauth": True, "redirect_uris": ["http://127.0.0.1:7777/callback"]}
    pair = place.person("POST", "/api/clients", json=order).json()["oauth"]
    for who in ((), *((pair["client_id"], pair["client_secret"], method) for method in ("basic", "post"))):
        said = sign_in(node, place, *who)
        assert {step: said[step] for step in STEPS} == STEPS


ADDRESS = re.compile(r"http://\S+/chatgpt/oauth/authorize\?\S+")


@pytest.mark.timeout(300)
def test_the_protocols_own_checks_of_an_authorization_server_pass(start, node, tmp_path):
    place = Place(start("--demo"))
    place.person("PUT", "/api/sign-ins", json={"registration_allowed": True})
    port = free_port()
    client = register(place, f"http://127.0.0.1:{port}/callback")
    said = [f"--url={place.public}", f"--client-id={client.client_id}", f"--resource={place.public}/mcp", f"--port={port}"]
    program = node.find_program("conformance")
    command = [str(node.programs / "node"), str(program), "authorization", *said, f"--output-dir={tmp_path / 'out'}"]
    told = ""
    with subprocess.Popen(command, cwd=TOOLS, env=node.environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            told += line
            if found := ADDRESS.search(line):
                assert httpx2.get(browse(place, found[0]), trust_env=False).status_code == 200
        code = process.wait(30)
    print(told)
    assert code == 0, told
    assert ADDRESS.search(told)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
