"""`python -m server`: the command line without the desktop."""

from pathlib import Path

from server.commandline.root import build
from server.sdk.cli import run


def start(*, demo: bool, visitor: bool, data_dir: Path | None, hidden: bool) -> None:
    """Serve; there is no window here, so there is nothing to hide."""
    from server.commandline.serve import make_schedule, run_here
    from server.lifecycle.program import Options

    del hidden
    run_here(Options(demo=demo, visitor=make_schedule(wanted=demo and visitor), data_dir=data_dir), as_json=False)


if __name__ == "__main__":
    run(build(start))
