import io
import threading

from server.integrations.conversations.history import output
from server.integrations.conversations.history.output import Output

WAIT = 20


class Pipe(io.BytesIO):
    """A pipe that takes nothing until `opened` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    def write(self, data):
        assert self.opened.wait(WAIT)
        return super().write(data)


def start(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_end_waits_until_everything_is_written() -> None:
    pipe = Pipe()
    written = Output(pipe)
    for data in (b"one", b"two"):
        written.write(data)
    ending = start(written.close)
    ending.join(0.1)
    assert ending.is_alive()
    pipe.opened.set()
    ending.join(WAIT)
    assert pipe.getvalue() == b"onetwo"


def test_writing_waits_while_much_is_unread() -> None:
    pipe = Pipe()
    written = Output(pipe)
    written.write(b"x" * output.AHEAD)
    writing = start(lambda: written.write(b"y"))
    writing.join(0.1)
    assert writing.is_alive()
    pipe.opened.set()
    writing.join(WAIT)
    written.close()
    assert pipe.getvalue()[-2:] == b"xy"
