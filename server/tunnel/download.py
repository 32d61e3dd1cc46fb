"""The download of the tunnel's agent: only after the person's yes, followed by its share, ended and gone on with as they like."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from server.core.errors import DeskhandError, TooLarge, UpstreamFailed, UpstreamTimedOut
from server.system.files import make_private_folder, move, not_stored
from server.tunnel.agent import file_name, make_agent
from server.tunnel.models import DownloadView

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

LARGEST = 100_000_000  # bytes
SILENCE_SECONDS = 30.0  # for which nothing may come
NOT_REACHED = "ngrok's program could not be downloaded: the address did not answer. Look whether this computer is online."
BROKE_OFF = "The download broke off. Start it again; it goes on where it stopped."


@dataclass(frozen=True)
class Part:
    """What has come of a file. Beside it lies its mark, by which its server knows whether the rest still fits."""

    file: Path

    @property
    def mark(self) -> Path:
        return self.file.with_suffix(".mark")

    def headers(self) -> dict[str, str]:
        """Ask for the rest, or for all of it where the file has changed (RFC 9110, section 13.1.5)."""
        plain = {"Accept-Encoding": "identity", "User-Agent": "Deskhand"}
        try:
            size, mark = self.file.stat().st_size, self.mark.read_text("ascii")
        except (OSError, ValueError):
            return plain
        return plain | ({"Range": f"bytes={size}-", "If-Range": mark} if size and mark else {})

    def open(self, mark: str, *, rest: bool) -> IO[bytes]:
        """Open it for what comes: the rest, or all."""
        if not rest:
            self.forget()
            if mark.startswith('"') and mark.isascii():  # a weak mark is none for this
                self.mark.write_text(mark, "ascii")
        return self.file.open("ab" if rest else "wb")

    def forget(self) -> None:
        self.mark.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)


class Download:
    """The one download at a time. `tell` hears of each step."""

    def __init__(self, folder: Path, program: str, tell: Callable[[], None]) -> None:
        self._folder, self._program, self._tell = folder, program, tell
        self._task: asyncio.Task[None] | None = None
        self.view: DownloadView | None = None

    def begin(self, address: str) -> None:
        """Begin, or go on; while one runs there is nothing to do."""
        if self._task and not self._task.done():
            return
        self._show(DownloadView(running=True))
        self._task = asyncio.create_task(self._run(address))

    async def end(self) -> None:
        """Stop it; what has come stays for the next time."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self.view and self.view.running:
            self._show(None)

    async def _run(self, address: str) -> None:
        try:
            await self._fetch_and_unpack(address)
        except OSError as error:
            self._show(DownloadView(running=False, problem=not_stored(error, "ngrok's program").detail))
        except DeskhandError as error:
            self._show(DownloadView(running=False, problem=error.detail))
        except Exception:
            log.exception("The tunnel's agent could not be downloaded.")
            self._show(DownloadView(running=False, problem="It could not be downloaded. Deskhand's log says why."))
        else:
            self._show(None)

    async def _fetch_and_unpack(self, address: str) -> None:
        make_private_folder(self._folder)
        part = Part(self._folder / f"{self._program}.part")
        await self._fetch(address, part)
        await asyncio.to_thread(self._unpack, part)

    async def _fetch(self, address: str, part: Part) -> None:
        import httpx2

        asked = part.headers()
        first = httpx2.URL(address)

        async def refuse_plain(request: httpx2.Request) -> None:
            """Refuse each hop that somebody on the way could change, before it is asked; the first address is ngrok's own."""
            url = request.url
            if url.scheme != "https" and (url.scheme, url.host, url.port) != (first.scheme, first.host, first.port):
                raise UpstreamFailed("The download led to an address without https, so it was stopped.")

        hooks = {"request": [refuse_plain]}
        try:
            async with (
                httpx2.AsyncClient(follow_redirects=True, timeout=SILENCE_SECONDS, event_hooks=hooks) as http,
                http.stream("GET", address, headers=asked) as answer,
            ):
                if answer.status_code == 416 and "Range" in asked:  # there is no rest
                    return
                rest = is_rest(answer, asked.get("Range"))
                with part.open(answer.headers.get("etag", ""), rest=rest) as file:
                    await self._store(answer, file)
        except httpx2.TimeoutException:
            raise UpstreamTimedOut(BROKE_OFF) from None
        except httpx2.ConnectError:
            raise UpstreamFailed(NOT_REACHED) from None
        except httpx2.TransportError:
            raise UpstreamFailed(BROKE_OFF) from None

    async def _store(self, answer: "httpx2.Response", file: IO[bytes]) -> None:
        size = file.tell()
        whole = size + int(answer.headers.get("content-length") or 0)
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > LARGEST:
                raise TooLarge("The download is far larger than ngrok's program. It was stopped.")
            await asyncio.to_thread(file.write, chunk)
            self._show_share(size / whole if whole else 0.0)

    def _unpack(self, part: Part) -> None:
        from server.tunnel.archive import BROKEN, unpack_program

        new = self._folder / f"new-{file_name(self._program)}"
        try:
            unpack_program(part.file, file_name(self._program), new)
            if not (agent := make_agent(new, own=False)) or not agent.version:
                raise UpstreamFailed(BROKEN)
            move(new, self._folder / file_name(self._program))
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)
                part.forget()

    def _show_share(self, share: float) -> None:
        share = min(round(share, 2), 1.0)
        if self.view and self.view.share != share:
            self._show(DownloadView(running=True, share=share))

    def _show(self, view: DownloadView | None) -> None:
        self.view = view
        self._tell()


def is_rest(answer: "httpx2.Response", asked: str | None) -> bool:
    """Tell whether this is the rest that was asked for, or all of it. Raises UpstreamFailed where it is neither."""
    begins = answer.headers.get("content-range", "").replace(" ", "=", 1)
    if answer.status_code == 206 and asked and begins.startswith(asked):
        return True
    if answer.status_code == 200:
        return False
    raise UpstreamFailed(f"ngrok's program could not be downloaded: its server answered {answer.status_code}. Try again later.")
