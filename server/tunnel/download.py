"""Download of the agent, after the person's consent: with progress, and resumed after an interruption."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from server.core.errors import DeskhandError, TooLarge, UpstreamFailed, UpstreamTimedOut
from server.sdk.context import Context
from server.system.files import make_private_folder, move, not_stored
from server.tunnel.agent import file_name, make_agent
from server.tunnel.models import DownloadView

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

MAX_SIZE = 100_000_000  # bytes
MAX_REDIRECTS = 20
READ_SECONDS = 30.0  # between two parts
DOWNLOAD = "download the tunnel's program"
NOT_REACHED = "ngrok's program could not be downloaded: the address did not answer. Check whether this computer is online."
BROKE_OFF = "The download was interrupted. Start it again; it continues where it stopped."


@dataclass(frozen=True)
class PartialFile:
    """Received part of a file. Its ETag lies beside it, so that the server can tell whether the rest still belongs to it."""

    file: Path

    @property
    def etag_file(self) -> Path:
        return self.file.with_suffix(".mark")

    def headers(self) -> dict[str, str]:
        """Build the headers that request the rest, or all of it if the file has changed (RFC 9110, section 13.1.5)."""
        plain = {"Accept-Encoding": "identity"}
        try:
            size, etag = self.file.stat().st_size, self.etag_file.read_text("ascii")
        except (OSError, ValueError):
            return plain
        return plain | ({"Range": f"bytes={size}-", "If-Range": etag} if size and etag else {})

    def open(self, etag: str, *, append: bool) -> IO[bytes]:
        """Open it to append the rest, or to start anew."""
        if not append:
            self.remove()
            if etag.startswith('"') and etag.isascii():  # If-Range takes no weak ETag
                self.etag_file.write_text(etag, "ascii")
        return self.file.open("ab" if append else "wb")

    def remove(self) -> None:
        self.etag_file.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)


class Download:
    """One download at a time. `on_change` is called after each step."""

    def __init__(self, context: Context, folder: Path, program: str, on_change: Callable[[], None]) -> None:
        self._context, self._folder, self._program, self._on_change = context, folder, program, on_change
        self._task: asyncio.Task[None] | None = None
        self.view: DownloadView | None = None

    def begin(self, address: str) -> None:
        """Begin or resume, unless one runs."""
        if self._task and not self._task.done():
            return
        self._show(DownloadView(running=True))
        self._task = self._context.tasks.start(self._run(address), name=DOWNLOAD)

    async def end(self) -> None:
        """Stop; the next download resumes this one."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self.view and self.view.running:
            self._show(None)

    async def _run(self, address: str) -> None:
        try:
            make_private_folder(self._folder)
            partial = PartialFile(self._folder / f"{self._program}.part")
            await self._fetch(address, partial)
            await asyncio.to_thread(self._unpack, partial)
        except OSError as error:
            self._show(DownloadView(running=False, problem=not_stored(error, "ngrok's program").detail))
        except DeskhandError as error:
            self._show(DownloadView(running=False, problem=error.detail))
        except Exception:
            log.exception("The tunnel's agent could not be downloaded.")
            self._show(DownloadView(running=False, problem="It could not be downloaded. Deskhand's log says why."))
        else:
            self._show(None)

    async def _fetch(self, address: str, partial: PartialFile) -> None:
        http, headers = await self._context.http.get(), partial.headers()
        import httpx2

        try:
            async with open_response(http, address, headers) as response:
                if response.status_code == 416 and "Range" in headers:  # nothing is missing
                    return
                append = is_rest(response, headers.get("Range"))
                with partial.open(response.headers.get("etag", ""), append=append) as file:
                    await self._store(response, file)
        except httpx2.TimeoutException:
            raise UpstreamTimedOut(BROKE_OFF) from None
        except httpx2.ConnectError:
            raise UpstreamFailed(NOT_REACHED) from None
        except httpx2.TransportError:
            raise UpstreamFailed(BROKE_OFF) from None

    async def _store(self, response: "httpx2.Response", file: IO[bytes]) -> None:
        size = file.tell()
        whole = size + int(response.headers.get("content-length") or 0)
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > MAX_SIZE:
                raise TooLarge("The download is far larger than ngrok's program. It was stopped.")
            await asyncio.to_thread(file.write, chunk)
            share = min(round(size / whole, 2), 1.0) if whole else 0.0
            if self.view and self.view.share != share:
                self._show(DownloadView(running=True, share=share))

    def _unpack(self, partial: PartialFile) -> None:
        from server.tunnel.archive import BROKEN, unpack_program

        new = self._folder / f"new-{file_name(self._program)}"
        try:
            unpack_program(partial.file, file_name(self._program), new)
            if not (agent := make_agent(new, own=False)) or not agent.version:
                raise UpstreamFailed(BROKEN)
            move(new, self._folder / file_name(self._program))
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)
                partial.remove()

    def _show(self, view: DownloadView | None) -> None:
        self.view = view
        self._on_change()


@asynccontextmanager
async def open_response(http: "httpx2.AsyncClient", address: str, headers: dict[str, str]) -> AsyncIterator["httpx2.Response"]:
    """Request an address and follow redirects. Raises UpstreamFailed before a hop that others on the network could change.

    The first address is the provider's own.
    """
    request = http.build_request("GET", address, headers=headers, timeout=READ_SECONDS)
    first = request.url
    for _ in range(MAX_REDIRECTS):
        url = request.url
        if url.scheme != "https" and (url.scheme, url.host, url.port) != (first.scheme, first.host, first.port):
            raise UpstreamFailed("The download led to an address without https, so it was stopped.")
        response = await http.send(request, stream=True)
        try:
            if response.next_request is None:
                yield response
                return
            request = response.next_request
        finally:
            await response.aclose()
    raise UpstreamFailed("The download was redirected too often, so it was stopped.")


def is_rest(response: "httpx2.Response", requested: str | None) -> bool:
    """Return whether this is the requested rest, not the whole file. Raises UpstreamFailed if it is neither."""
    content_range = response.headers.get("content-range", "").replace(" ", "=", 1)
    if response.status_code == 206 and requested and content_range.startswith(requested):
        return True
    if response.status_code == 200:
        return False
    raise UpstreamFailed(f"ngrok's program could not be downloaded: its server answered {response.status_code}. Try again later.")
