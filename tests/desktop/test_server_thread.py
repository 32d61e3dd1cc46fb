import threading

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program


def test_server_thread_ends_with_the_server(tmp_path) -> None:
    before = set(threading.enumerate())
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path)))
    ready = background.start()
    assert ready.public.startswith("http://127.0.0.1:")
    assert not background.wait(0)
    assert background.stop()
    assert set(threading.enumerate()) <= before  # one of an earlier test may end meanwhile
