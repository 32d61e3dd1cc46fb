"""Transport over the standard streams of a process that Deskhand starts, and ends with everything that it started.

The SDK's own stdio client reads lines of any length, and leaves processes behind if Deskhand is killed.
"""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCRequest, JSONRPCResponse, jsonrpc_message_adapter

from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.adapter.throttle import Throttle
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Connection
from server.system import child_guard, processes

LONGEST_LINE = 16 * 1_048_576  # bytes of a message
EXIT_SECONDS = 2.0  # after the end of its standard input, for a server to exit by itself
GRACE_SECONDS = 2.0  # between SIGTERM and SIGKILL
END_SECONDS = GRACE_SECONDS + 8.0  # for the guard to end all, before Deskhand does
LOG_CHUNK = 65_536  # bytes
WRITE_CHUNK = 65_536  # bytes of messages that are written at once
BUFFERED = 16  # messages in each direction, which so need no change of tasks each

Messages = tuple[Any, Any]  # the SDK's streams: messages from the server, messages to it


@dataclass
class Child:
    """Process of a server. `lifeline`: writing end of the pipe that holds it alive; None without a guard.

    `unanswered`: how many requests it has not answered.
    """

    process: Process
    identity: processes.Process
    lifeline: int | None
    unanswered: int = 0

    def is_requested(self, message: Any) -> bool:
        """Return whether a message may be the answer to a request; there is one to each."""
        requested = isinstance(message, JSONRPCResponse | JSONRPCError) and self.unanswered > 0
        self.unanswered -= requested
        return requested

    def release(self) -> None:
        """Let the guard end the server."""
        if self.lifeline is not None:
            lifeline, self.lifeline = self.lifeline, None
            os.close(lifeline)


@asynccontextmanager
async def open_process(connection: Connection, log: UpstreamLog, ending: Ending) -> AsyncIterator[Messages]:
    """Start a server and exchange messages with it. Raises OSError if it cannot be started."""
    child = await start(connection)
    received, read_stream = anyio.create_memory_object_stream[SessionMessage | Exception](BUFFERED)
    write_stream, outgoing = anyio.create_memory_object_stream[SessionMessage](BUFFERED)
    async with anyio.create_task_group() as group:
        group.start_soon(read_messages, child, received, log, ending)
        group.start_soon(write_messages, child, outgoing, ending)
        group.start_soon(read_log, child, log)
        try:
            yield read_stream, write_stream
        finally:
            with anyio.CancelScope(shield=True):
                await stop(child)
            group.cancel_scope.cancel()
            for stream in (received, read_stream, write_stream, outgoing):
                stream.close()


async def start(connection: Connection) -> Child:
    """Start the process in a session of its own, under a guard where there is one."""
    command, options, lifeline = [*connection.command], dict[str, Any](), None
    held: int | None = None
    if child_guard.is_available():
        held, lifeline = os.pipe()
        command = child_guard.guarded_command(command, held, GRACE_SECONDS)
        options["pass_fds"] = (held,)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(connection.environment),
            cwd=connection.folder or Path.home(),
            start_new_session=True,
            limit=LONGEST_LINE,
            **options,
        )
    except BaseException:
        if lifeline is not None:
            os.close(lifeline)
        raise
    finally:
        if held is not None:
            os.close(held)
    # No await before the caller's task group: a cancellation there would lose the process.
    return Child(process, processes.identify_child(process.pid), lifeline)


async def stop(child: Child) -> None:
    """End a server as the protocol says: end of input, a time to exit, SIGTERM, SIGKILL; then whatever it left behind."""
    if stdin := child.process.stdin:
        stdin.close()
    if not await has_exited(child.process, EXIT_SECONDS):
        child.release()
        if child.lifeline is None and not await has_exited(child.process, END_SECONDS if child_guard.is_available() else 0):
            await asyncio.to_thread(processes.end_tree, child.identity, GRACE_SECONDS)
            await has_exited(child.process, END_SECONDS)
    child.release()
    child.process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001, else it stays open while a survivor holds a pipe


async def has_exited(process: Process, seconds: float) -> bool:
    """Wait at most so long for a process to exit. (Process.wait waits for its pipes, which others may hold, too.)"""
    deadline = asyncio.get_running_loop().time() + seconds
    while process.returncode is None:
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(0.01)
    return True


async def read_messages(child: Child, received: Any, log: UpstreamLog, ending: Ending) -> None:
    """Pass on what the server writes, line by line. Lines that are no messages go to the log."""
    stdout, throttle = child.process.stdout, Throttle()
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        while stdout:
            try:
                line = await stdout.readline()
            except ValueError:
                ending.set(f"sent a message of more than {LONGEST_LINE // 1_048_576} MB")
                break
            if not line:
                await has_exited(child.process, 1.0)
                ending.set(describe_exit(child.process.returncode, log))
                break
            begun = monotonic()
            message = read_message(line, log)
            if not child.is_requested(message):
                await throttle.pause(begun)
            if message:
                await received.send(SessionMessage(message))
    received.close()


def read_message(line: bytes, log: UpstreamLog) -> Any:
    """Read a message; None if the line is none."""
    if not line.strip():
        return None
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        log.add(line[:LOG_CHUNK].decode("utf-8", "replace"))
        return None


def describe_exit(status: int | None, log: UpstreamLog) -> str:
    """Continue the name of a server whose process is gone."""
    reason = f": {log.last}" if log.last else ""
    return f"ended with status {status}{reason}" if status else f"ended{reason}"


async def write_messages(child: Child, outgoing: Any, ending: Ending) -> None:
    """Send messages to the server, one per line; those that wait already at once."""
    stdin = child.process.stdin
    try:
        async for message in outgoing:
            lines = encode(message, child)
            with suppress(anyio.WouldBlock):
                while len(lines) < WRITE_CHUNK:
                    lines += encode(outgoing.receive_nowait(), child)
            if stdin:
                stdin.write(lines)
                await stdin.drain()
    except (OSError, anyio.ClosedResourceError):
        ending.set("does not read what Deskhand sends")


def encode(message: SessionMessage, child: Child) -> bytes:
    """Write a message to a server as a line."""
    child.unanswered += isinstance(message.message, JSONRPCRequest)
    return message.message.model_dump_json(by_alias=True, exclude_unset=True).encode("utf-8", "replace") + b"\n"


async def read_log(child: Child, log: UpstreamLog) -> None:
    """Log what the server writes to its standard error."""
    rest, throttle = b"", Throttle()
    while child.process.stderr and (chunk := await child.process.stderr.read(LOG_CHUNK)):
        begun = monotonic()
        lines, _, rest = (rest + chunk).rpartition(b"\n")
        log.add(lines.decode("utf-8", "replace"))
        if len(rest) > LOG_CHUNK:
            log.add(rest.decode("utf-8", "replace"))
            rest = b""
        await throttle.pause(begun)
    log.add(rest.decode("utf-8", "replace"))
