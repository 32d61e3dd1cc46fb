"""The conformance suite's scored scenarios for a client, against our sessions with upstream servers."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.checks.conftest import Node

DRIVER = Path(__file__).with_name("upstream_client.py")
REVISION = "2026-07-28"
SCENARIOS = 32
FORMER = ("auth/2025-03-26-oauth-metadata-backcompat", "auth/2025-03-26-oauth-endpoint-fallback")  # of servers of 2025-03-26


@pytest.mark.timeout(900)
def test_upstream_session_passes_every_scored_scenario(node: Node, tmp_path: Path) -> None:
    command = shlex.join([sys.executable, str(DRIVER)])
    suite, options = node.find_program("conformance"), {"cwd": tmp_path, "seconds": 600}
    done = node.run(suite, "client", "--command", command, "--requirements", REVISION, **options)
    unscored = set(re.findall(r"^  ✗ (\S+) \(", done.stdout, re.MULTILINE))
    results = dict(re.findall(r"^[✓✗] (\S+): \d+ passed, (\d+) failed", done.stdout, re.MULTILINE))
    scored = results.keys() - unscored
    assert len(scored) == SCENARIOS, done.stdout
    for scenario in sorted(name for name in scored if results[name] != "0"):  # the suite's own time limits pass on a busy machine
        again = node.run(suite, "client", "--command", command, "--scenario", scenario, **options)
        assert "OVERALL: PASSED" in again.stdout + again.stderr, again.stderr[-4_000:]


@pytest.mark.parametrize("scenario", FORMER)
def test_sign_in_works_at_a_server_of_the_first_revision_with_oauth(scenario: str, node: Node, tmp_path: Path) -> None:
    command = shlex.join([sys.executable, str(DRIVER)])
    done = node.run(node.find_program("conformance"), "client", "--command", command, "--scenario", scenario, cwd=tmp_path)
    assert "OVERALL: PASSED" in done.stdout + done.stderr, done.stderr[-4_000:]
