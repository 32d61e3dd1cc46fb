"""Start here: `deskhand`, with the desktop where no command is given. The window's own process starts here too."""

import sys


def main() -> None:
    """Run the command line, or the window."""
    if sys.argv[1:2] == ["--window"]:  # first of all, and without the server
        from desktop.page import run as show

        sys.exit(show(sys.argv[2] if sys.argv[2:] else "Deskhand"))
    from desktop.application import start
    from server.commandline.root import build
    from server.commandline.words import run

    run(build(start))


if __name__ == "__main__":
    main()
