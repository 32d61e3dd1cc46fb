"""A browser that opens a sign-in, and the person who reads its four digits off the page and types them at their computer."""

import re
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

from tests import loopback
from tests.checks.conftest import ROOT, Process
from tests.checks.waiting import until

DIGITS = re.compile(r'class="digits"[^>]*>(?:<[^>]*>)?(\d{4})<')


def visit(server: Process, address: str) -> str:
    """Open an authorization, consent to it, and answer the address that the browser is sent to."""
    with loopback.Client() as browser:
        page = open_page(browser, server, address)
        if page.is_redirect:
            return page.headers["location"]
        assert page.status_code == 200, page.text
        type_digits(server, read_digits(page.text))

        def look() -> str:
            again = open_page(browser, server, str(page.url))
            return again.headers["location"] if again.is_redirect else ""

        return until(look)


def open_page(browser: httpx2.Client, server: Process, address: str) -> httpx2.Response:
    """Follow the server's own redirects, and no other."""
    answer = browser.get(address)
    while answer.is_redirect and is_own(server, urljoin(str(answer.url), answer.headers["location"])):
        answer = browser.get(urljoin(str(answer.url), answer.headers["location"]))
    return answer


def is_own(server: Process, address: str) -> bool:
    return urlsplit(address).netloc == urlsplit(server.own).netloc


def read_digits(page: str) -> str:
    """Read what a person sees: the four digits."""
    matches = DIGITS.findall(page)
    assert len(matches) == 1, page
    return str(matches[0])


def type_digits(server: Process, digits: str) -> dict[str, Any]:
    """Say yes as the command line does, where the digits are not shown. Answers what was asked."""
    question = until(lambda: [approval for approval in server.person("GET", "/api/approvals").json() if approval["wants_code"]])[
        -1
    ]
    # As a word: a moment or a port contains them by chance.
    assert not re.search(rf"\b{digits}\b", str(question)), "whoever looks at the question alone does not know the digits"
    response = server.person("POST", f"/api/approvals/{question['id']}/approve", json={"code": digits})
    assert response.status_code == 200, response.text
    return dict(question)


def run_command(server: Process, *arguments: str) -> str:
    """Run `deskhand …` and answer what it printed."""
    command = [sys.executable, "-m", "server", *arguments, "--data-dir", str(server.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_answer(address: str) -> dict[str, str]:
    """The parameters with which a browser was sent back."""
    return dict(parse_qsl(urlsplit(address).query))
