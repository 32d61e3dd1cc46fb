import socket

import pytest

from desktop.background import BackgroundServer
from server.ports import CannotStart
from server.program import Options, Program


def test_a_taken_port_that_was_asked_for_is_a_sentence(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match="--port"):
            BackgroundServer(Program(Options(port=port, data_dir=tmp_path))).start()
