"""The process that reads an export, as the server has it: started, listened to, and ended with the import."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass

import msgspec

from server.core.errors import DeskhandError, Unavailable
from server.integrations.conversations.history.records import HEAD, EndRecord, Job, PreviewRecord, ProgressRecord, decode_state
from server.system.environment import clean_environment
from server.system.python_process import module_command

WORKER = "server.integrations.conversations.history.worker"
BUFFER = 1024 * 1024  # bytes that are read ahead
ENDED = "Reading the export ended unexpectedly. Import it again."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stored:
    """Records to be stored, as the process sent them."""

    data: bytes


Item = Stored | ProgressRecord | PreviewRecord | EndRecord


async def read_export(job: Job) -> AsyncGenerator[Item]:
    """Run a job in a process of its own. The last item is its EndRecord. Raises DeskhandError with the sentence of a refusal."""
    process = await asyncio.create_subprocess_exec(
        *module_command(WORKER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=BUFFER,
        env=clean_environment(),
    )
    try:
        if process.stdin and process.stdout:
            with suppress(ConnectionError):
                process.stdin.write(msgspec.json.encode(job))
                await process.stdin.drain()
                process.stdin.close()
            async with aclosing(read_frames(process.stdout)) as frames:
                async for item in frames:
                    yield item
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def read_frames(stream: asyncio.StreamReader) -> AsyncGenerator[Item]:
    """Read frames up to the end of the job. Raises DeskhandError."""
    try:
        while True:
            size, is_stored = HEAD.unpack(await stream.readexactly(HEAD.size))
            data = await stream.readexactly(size)
            item: Item = Stored(data) if is_stored else decode_state(data)
            if isinstance(item, EndRecord):
                check_end(item)
                yield item
                return
            yield item
    except asyncio.IncompleteReadError:
        raise Unavailable(ENDED) from None


def check_end(end: EndRecord) -> None:
    """Raise DeskhandError if nothing can be imported."""
    if end.error:
        log.error("An export could not be read.\n%s", end.error)
    if end.refusal:
        raise DeskhandError(end.refusal)
