"""`python -m server`: the command line without the desktop."""

from pathlib import Path

from server.commandline.root import build
from server.commandline.serve import run_here
from server.commandline.words import run
from server.demo.visitor import Pace
from server.program import Options


def start(*, demo: bool, visitor: bool, data_dir: Path | None, hidden: bool) -> None:
    """Serve; there is no window here, so there is nothing to hide."""
    del hidden
    run_here(Options(demo=demo, visitor=Pace() if demo and visitor else None, data_dir=data_dir), as_json=False)


if __name__ == "__main__":
    run(build(start))
