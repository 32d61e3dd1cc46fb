"""Start here: `deskhand`. Processes that the frozen program starts of itself start here too, by their role."""

import runpy
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def main() -> None:
    """Run the command line; or be the window, an error dialog, the demo's tunnel, a guard of a process, or a module of ours."""
    role = sys.argv[1] if sys.argv[1:] else None
    if role == "--window":  # without the server
        from desktop.window.webview_process import run as show

        sys.exit(show(sys.argv[2] if sys.argv[2:] else "Deskhand"))
    if role == "--error-dialog":
        from desktop.window.error_dialog import run as show_dialog

        show_dialog()
        return
    if role == "--demo-ngrok":
        from server.tunnel.fake.agent import main as be_agent

        be_agent()
        return
    if role == "--guard-child":
        from server.system.child_guard import main as guard_child

        sys.exit(guard_child(sys.argv[2:]))
    if role == "--run-module" and sys.argv[2].startswith("server."):
        runpy.run_module(sys.argv[2], run_name="__main__", alter_sys=True)
        return
    from server.commandline.root import build
    from server.sdk.cli import run

    run(build(start))


def start(*, demo: bool, visitor: bool, data_dir: "Path | None", hidden: bool) -> None:
    """Start the program with its icon."""
    from desktop.application import start

    start(demo=demo, visitor=visitor, data_dir=data_dir, hidden=hidden)


if __name__ == "__main__":
    main()
