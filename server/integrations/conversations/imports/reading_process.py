"""The process that reads an export, as the server has it: started, listened to, and ended with the import."""

import asyncio
import logging
import subprocess
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, cast

import msgspec

from server.core.errors import DeskhandError, Unavailable
from server.integrations.conversations.history.records import HEAD, EndRecord, Job, PreviewRecord, ProgressRecord, decode_state
from server.system.environment import clean_environment
from server.system.python_process import module_command

WORKER = "server.integrations.conversations.history.worker"
ENDED = "Reading the export ended unexpectedly. Import it again."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stored:
    """Records to be stored, as the process sent them."""

    data: bytes


Item = Stored | ProgressRecord | PreviewRecord | EndRecord


async def read_export(job: Job) -> AsyncGenerator[Item]:
    """Run a job in a process of its own. The last item is its EndRecord. Raises DeskhandError with the sentence of a refusal."""
    process = start()
    try:
        await asyncio.to_thread(order, process, job)
        while not isinstance(item := await asyncio.to_thread(read_frame, process), EndRecord):
            yield item
        check_end(item)
        yield item
    finally:
        await asyncio.to_thread(end, process)


def start() -> "subprocess.Popen[bytes]":
    """Start the process. (Pipes of asyncio are copied in Python, for which the archive's writer would have to wait.)"""
    return subprocess.Popen(  # noqa: S603, our own module
        module_command(WORKER),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )


def order(process: "subprocess.Popen[bytes]", job: Job) -> None:
    """Send the process its job, for which it waits."""
    with suppress(ConnectionError), cast("IO[bytes]", process.stdin) as stdin:
        stdin.write(msgspec.json.encode(job))


def end(process: "subprocess.Popen[bytes]") -> None:
    """End the process, wherever it is."""
    process.kill()
    with suppress(ConnectionError), process:  # closes its pipes
        process.wait()


def read_frame(process: "subprocess.Popen[bytes]") -> Item:
    """Read the next frame. Raises Unavailable if there is none."""
    stream = cast("IO[bytes]", process.stdout)
    head = stream.read(HEAD.size)
    if len(head) == HEAD.size:
        size, is_stored = HEAD.unpack(head)
        data = stream.read(size)
        if len(data) == size:
            return Stored(data) if is_stored else decode_state(data)
    raise Unavailable(ENDED)


def check_end(end: EndRecord) -> None:
    """Raise DeskhandError if nothing can be imported."""
    if end.error:
        log.error("An export could not be read.\n%s", end.error)
    if end.refusal:
        raise DeskhandError(end.refusal)
