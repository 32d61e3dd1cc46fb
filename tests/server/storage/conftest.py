import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# It imports everything once and forks a child for each life, so that a life costs milliseconds.
NURSERY = """
import os, sys

def say(*words):  # in one piece, whenever the end comes
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

{script}
for line in sys.stdin:
    child = os.fork()
    if not child:
        live(line.strip())
        os._exit(0)
    say("born", child)
    say("gone", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

Lives = Callable[[str, object, int], list[str]]


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How many times something is killed: a few, or as many as are promised where the long tests run."""
    try:
        return 2_000 if request.getfixturevalue("long") else 60
    except pytest.FixtureLookupError:
        return 60


@pytest.fixture
def live_and_die() -> Lives:
    """Run `live(argument)` of a script so many times, each until kill -9, and answer all the lines that it said."""
    if os.name == "nt":
        pytest.skip("Windows cannot fork.")

    def run(script: str, argument: object, times: int) -> list[str]:
        lines: list[str] = []
        command = [sys.executable, "-c", NURSERY.format(script=script)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
            assert nursery.stdin is not None
            assert nursery.stdout is not None
            for _ in range(times):
                nursery.stdin.write(f"{argument}\n")
                nursery.stdin.flush()
                lines += hear_one_life(nursery.stdout.readline)
            nursery.stdin.close()
        return lines

    return run


def hear_one_life(readline: Callable[[], str]) -> list[str]:
    heard: list[str] = []
    child, lines_to_live = 0, random.randrange(30)
    while not (line := readline()).startswith("gone"):
        assert line, "The nursery died."
        if line.startswith("born"):
            child = int(line.split()[1])
        else:
            heard.append(line.strip())
        if child and len(heard) >= lines_to_live:
            time.sleep(random.random() / 500)  # the moment within the next step is left to chance
            os.kill(child, 9)
            child = 0
    assert line.split()[1] == "-9", "It ended before it was killed."
    return heard
