import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import click
import pytest

from server.commandline.client import connect
from server.core.errors import DeskhandError, Unavailable
from server.lifecycle import runtime_file
from server.storage.data_dir import open_home


def test_store_is_opened_directly_without_a_server(tmp_path) -> None:
    with connect(tmp_path) as deskhand:
        assert deskhand.call("POST", "/api/clients", {"name": "bot", "scopes": ["read:apps"]})["key"]
    with connect(tmp_path) as deskhand:
        assert [client["name"] for client in deskhand.call("GET", "/api/clients")] == ["bot"]


class Stranger(BaseHTTPRequestHandler):
    """Somebody else's server, which answers all of it."""

    def do_GET(self) -> None:
        self.server.heard.append(self.headers["Authorization"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stranger():
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def left_at(server: HTTPServer) -> runtime_file.Running:
    """Runtime file of a killed server whose port and pid are reused."""
    address = f"http://127.0.0.1:{server.server_port}"
    return runtime_file.make(address, server.server_port, address, "key")


def test_store_is_opened_directly_without_sending_the_key_if_the_folder_is_unlocked(stranger, tmp_path) -> None:
    with connect(tmp_path) as deskhand:
        deskhand.call("GET", "/api/clients")
    with runtime_file.publish(tmp_path, left_at(stranger)):
        with connect(tmp_path) as deskhand:
            assert deskhand.call("GET", "/api/clients") == []
        with pytest.raises(Unavailable, match="not running"), connect(tmp_path, running_only=True):
            pass
    assert stranger.heard == []


def test_foreign_response_is_no_running_server(stranger, tmp_path) -> None:
    with (
        open_home(tmp_path, demo=None),
        runtime_file.publish(tmp_path, left_at(stranger)),
        connect(tmp_path) as deskhand,
        pytest.raises(Unavailable, match="not running"),
    ):
        deskhand.call("GET", "/api/clients")


def test_killed_server_is_not_taken_for_a_running_one(tmp_path) -> None:
    with (
        open_home(tmp_path, demo=None),
        runtime_file.publish(tmp_path, runtime_file.make("http://127.0.0.1:9", 9, "http://127.0.0.1:9", "key")),
        connect(tmp_path) as deskhand,
        pytest.raises(Unavailable, match="not running"),
    ):
        deskhand.call("GET", "/api/clients")


class Dying(Stranger):
    """A server that ends before it answers."""

    def handle_one_request(self) -> None:
        self.rfile.readline()
        self.close_connection = True


@pytest.mark.parametrize(
    ("method", "said"), [("GET", "answered\\.$"), ("POST", "unknown whether this was done"), ("DELETE", "unknown")]
)
def test_lost_connection_does_not_tell_that_nothing_was_done(stranger, tmp_path, method, said) -> None:
    stranger.RequestHandlerClass = Dying
    with (
        open_home(tmp_path, demo=None),
        runtime_file.publish(tmp_path, left_at(stranger)),
        connect(tmp_path) as deskhand,
        pytest.raises(Unavailable, match=said),
    ):
        deskhand.call(method, "/api/clients/bot")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_empty_name_is_no_other_path(serve, tmp_path, name) -> None:
    with connect(tmp_path / "elsewhere") as deskhand, pytest.raises(click.UsageError, match="cannot be empty"):
        deskhand.call("GET", f"/api/clients/{name}")
    with connect(serve().data) as deskhand, pytest.raises(click.UsageError, match="cannot be empty"):
        deskhand.call("GET", f"/api/clients/{name}/allowances?of=all")


def test_refusal_is_printed_as_its_sentence(serve) -> None:
    served = serve()
    with connect(served.data) as deskhand, pytest.raises(DeskhandError, match="no client named"):
        deskhand.call("GET", "/api/clients/nobody")


def test_command_that_needs_a_running_server_says_so(tmp_path) -> None:
    with pytest.raises(Unavailable, match="deskhand serve"), connect(tmp_path, running_only=True):
        pass
