"""Start here: `deskhand`, with the desktop where no command is given."""

from desktop.application import start
from server.commandline.root import build
from server.commandline.words import run


def main() -> None:
    """Run the command line."""
    run(build(start))


if __name__ == "__main__":
    main()
