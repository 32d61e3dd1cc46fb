"""The system's dialog for choosing a file, from a route."""

import asyncio
import threading
from pathlib import Path

from server.sdk.desktop import Screen


async def choose_file(screen: Screen, kind: str = "file") -> Path | None:
    """Show the system's dialog for a "file" or a "folder"; None if the person cancels.

    Raises Unavailable without Deskhand's own window, and Conflict while another dialog is open. A caller that is cancelled
    does not wait for the person.
    """
    loop, chosen = asyncio.get_running_loop(), asyncio.Future[Path | None]()

    def resolve(path: Path | None, error: Exception | None) -> None:
        if not chosen.done():
            chosen.set_exception(error) if error else chosen.set_result(path)

    def ask() -> None:
        path, problem = None, None
        try:
            path = screen.choose_file(kind)
        except Exception as error:  # noqa: BLE001, the caller's
            problem = error
        try:
            loop.call_soon_threadsafe(resolve, path, problem)
        except RuntimeError:
            return  # the loop has ended, and the caller with it

    threading.Thread(target=ask, name="file dialog", daemon=True).start()  # one of the loop's own would hold up its end
    return await chosen
