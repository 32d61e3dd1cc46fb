"""`python -m server`: the command line without the desktop."""

from server.commandline.root import build
from server.commandline.serve import run_here
from server.commandline.words import run

if __name__ == "__main__":
    run(build(lambda options: run_here(options, as_json=False)))
