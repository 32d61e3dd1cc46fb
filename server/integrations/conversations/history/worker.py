"""The process that reads an export: a job on its standard input, records on its standard output.

It has its own interpreter lock, memory and priority, so that the server answers as fast as ever. It ends with the server,
whose end of the pipe is then closed.
"""

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import msgspec

from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.history.job import run
from server.integrations.conversations.history.output import Output
from server.integrations.conversations.history.records import EndRecord, FrameWriter, Job
from server.storage.data_dir import Folders
from server.system.memory import return_large_blocks

NICENESS = 1  # more would make an import crawl beside other busy programs
PIPE_SIZE = 1024 * 1024
MISTAKE = "Deskhand could not read this export. Its log says more."


def widen_output() -> None:
    """Let more than 64 KB wait in the pipe, so that this process goes on while the server is busy. Linux only."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(sys.stdout.fileno(), fcntl.F_SETPIPE_SZ, PIPE_SIZE)


def main() -> None:
    """Do the job."""
    with suppress(AttributeError, OSError):
        os.nice(NICENESS)
    widen_output()
    return_large_blocks()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    data = Path(job.data)
    files = AssetFiles(Folders(data, data, data, data)) if job.data else None
    output = Output(sys.stdout.buffer)
    writer = FrameWriter(output.write)
    try:
        run(job, writer.add, files)
    except Exception as error:  # noqa: BLE001, the server logs it
        writer.add(EndRecord(refusal=MISTAKE, error="".join(traceback.format_exception(error))))
    output.close()


if __name__ == "__main__":
    main()
