"""Start here: `deskhand`. The window's process, and that of the demo's tunnel, start here too."""

import sys


def main() -> None:
    """Run the command line; or be the window, or the demo's tunnel, which this program starts itself for."""
    role = sys.argv[1] if sys.argv[1:] else None
    if role == "--window":  # without the server
        from desktop.window.webview_process import run as show

        sys.exit(show(sys.argv[2] if sys.argv[2:] else "Deskhand"))
    if role == "--demo-ngrok":
        from server.tunnel.fake.agent import main as be_agent

        be_agent()
        return
    from desktop.application import start
    from server.commandline.root import build
    from server.sdk.cli import run

    run(build(start))


if __name__ == "__main__":
    main()
