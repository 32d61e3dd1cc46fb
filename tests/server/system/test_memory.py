import subprocess
import sys

import pytest

# Blocks below the size that glibc learns from the first one, freed in threads whose arenas would keep them.
CODE = """
import resource, sys, threading
import psutil
from server.system.memory import return_large_blocks
if sys.argv[1:]:
    return_large_blocks()
bytearray(30_000_000)
def use():
    blocks = [bytearray(b"x") * 12_000_000 for _ in range(4)]
    kept.append(bytes(100_000))
kept = []
before = psutil.Process().memory_info().rss
threads = [threading.Thread(target=use) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(psutil.Process().memory_info().rss - before)
"""


def measure(*arguments: str) -> int:
    return int(subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems return them by themselves")
def test_freed_large_blocks_go_back_to_the_system() -> None:
    assert measure("return") < 10_000_000 < measure()
