import asyncio
import os
import sys
from collections import deque

import psutil
import pytest

from server.core.errors import UpstreamFailed
from server.integrations.tools.presets.process import find_error, installer_environment, run_program


def test_installer_gets_the_settings_of_package_managers_and_nothing_of_ours() -> None:
    given = {
        "PIP_INDEX_URL": "a",
        "npm_config_registry": "b",
        "https_proxy": "c",
        "DESKHAND_API_KEY": "d",
        "AMBIVO_AUTH_TOKEN": "e",
    }
    variables = installer_environment(given)
    assert [variables.get(name) for name in given] == ["a", "b", "c", None, None]


async def test_program_reads_an_empty_input_and_its_output_is_followed(tmp_path) -> None:
    lines = []
    code = "import sys; print('in', repr(sys.stdin.read())); print('\\x1b[31mred', file=sys.stderr)"
    output = await run_program([sys.executable, "-c", code], tmp_path, lines.append)
    assert sorted(output) == sorted(lines)
    assert "in ''" in output
    assert not any("\x1b" in line for line in output)


async def test_error_of_a_program_is_in_the_sentence(tmp_path) -> None:
    code = "print('ERROR: No space'); print('other'); raise SystemExit(3)"
    with pytest.raises(UpstreamFailed, match="failed: No space"):
        await run_program([sys.executable, "-c", code], tmp_path, lambda _: None)


def test_program_without_a_word_is_explained() -> None:
    assert find_error(deque()) == "it said nothing."


async def test_cancelled_program_ends_with_what_it_started(tmp_path) -> None:
    started = asyncio.Event()
    pids: list[int] = []

    def follow(line: str) -> None:
        pids.append(int(line))
        started.set()

    sleep = "import time; time.sleep(600)"
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '{sleep}']).pid, flush=True); {sleep}"
    task = asyncio.create_task(run_program([sys.executable, "-c", code], tmp_path, follow))
    await asyncio.wait_for(started.wait(), 60)
    assert psutil.pid_exists(pids[0])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(30):
        while os.path.exists(f"/proc/{pids[0]}") if sys.platform == "linux" else psutil.pid_exists(pids[0]):  # noqa: ASYNC240, PTH110
            await asyncio.sleep(0.05)
