"""Start here: `deskhand`, with the desktop where no command is given."""

import sys

from server.demo.ngrok.launch import FLAG


def main() -> None:
    """Run the command line; or be the demo's tunnel, for which the frozen program starts itself."""
    if sys.argv[1:2] == [FLAG]:
        from server.demo.ngrok.agent import main as be_agent

        be_agent()
        return
    from desktop.application import start
    from server.commandline.root import build
    from server.commandline.words import run

    run(build(start))


if __name__ == "__main__":
    main()
