import os

import pytest

from server import runtimefile
from server.commandline.reach import reached
from server.errors import DeskhandError, Unavailable
from server.runtimefile import Running


def test_without_a_server_the_store_is_opened_here(tmp_path) -> None:
    with reached(tmp_path) as deskhand:
        assert deskhand.call("POST", "/api/clients", {"name": "bot", "scopes": ["read:apps"]})["key"]
    with reached(tmp_path) as deskhand:
        assert [client["name"] for client in deskhand.call("GET", "/api/clients")] == ["bot"]


def test_a_server_that_was_killed_is_not_taken_for_a_running_one(tmp_path) -> None:
    with (
        runtimefile.written(tmp_path, Running("http://127.0.0.1:9", 9, "http://127.0.0.1:9", os.getpid(), "key")),
        reached(tmp_path) as deskhand,
        pytest.raises(Unavailable, match="not running"),
    ):
        deskhand.call("GET", "/api/clients")


def test_a_refusal_is_its_sentence(serve) -> None:
    served = serve()
    with reached(served.data) as deskhand, pytest.raises(DeskhandError, match="no client named"):
        deskhand.call("GET", "/api/clients/nobody")


def test_what_needs_a_running_server_says_so(tmp_path) -> None:
    with pytest.raises(Unavailable, match="deskhand serve"), reached(tmp_path, running_only=True):
        pass
