import io
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from server.tunnel import download
from server.tunnel.ngrok import Ngrok
from tests.server.tunnel.tunnels import read

PROGRAM = b"#!/bin/sh\necho ngrok version 3.99.1\n"


def pack(program: bytes = PROGRAM) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=0) as tar:
        member = tarfile.TarInfo("ngrok")
        member.size = len(program)
        tar.addfile(member, io.BytesIO(program))
    return buffer.getvalue()


class Source(ThreadingHTTPServer):
    """Gives the agent as ngrok's own server does: with its length, a mark, and parts of it where they are asked for.

    `stop_after`: it gives so many bytes and then waits for `going_on`.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.mark, self.status = pack(PROGRAM + b"#" * 2_000_000), '"one"', 200
        self.leads_to: str | None = None
        self.stop_after: int | None = None
        self.going_on = threading.Event()
        self.ranges: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/agent"


class Handler(BaseHTTPRequestHandler):
    server: Source

    def do_GET(self) -> None:
        source, wanted = self.server, self.headers.get("Range")
        source.ranges.append(wanted)
        unchanged = self.headers.get("If-Range", source.mark) == source.mark
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and unchanged else 0
        self.send_response(206 if start else 302 if source.leads_to else source.status)
        if source.leads_to:
            self.send_header("Location", source.leads_to)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(source.content) - 1}/{len(source.content)}")
        self.send_header("ETag", source.mark)
        self.send_header("Content-Length", str(len(source.content) - start))
        self.end_headers()
        stop = source.stop_after or len(source.content)
        try:
            self.wfile.write(source.content[start:stop])
            if source.stop_after:
                source.going_on.wait(20)
            self.wfile.write(source.content[stop:])
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def source(monkeypatch) -> Iterator[Source]:
    source = Source()
    monkeypatch.setattr(Ngrok, "download_address", lambda _: source.address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    thread = threading.Thread(target=source.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield source
    source.going_on.set()
    source.shutdown()
    thread.join()
    source.server_close()


@pytest.fixture
def served(serve, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    return serve()


def wait_for_download(served, fits) -> dict:
    deadline = time.monotonic() + 60
    while not fits((tunnel := read(served))["download"], tunnel):
        assert time.monotonic() < deadline, tunnel
        time.sleep(0.02)
    return tunnel


def over(view, _) -> bool:
    return view is None or not view["running"]


def test_download_shows_its_progress_and_installs_the_agent(served, source) -> None:
    source.stop_after = len(source.content) // 2
    begun = served.person("POST", "/api/tunnel/agent").json()
    assert begun["download"]["running"]
    half = wait_for_download(served, lambda view, _: view["share"] >= 0.4)["download"]
    assert half["share"] <= 0.5
    source.going_on.set()
    tunnel = wait_for_download(served, over)
    ours = served.data / "tunnel" / "ngrok"
    assert tunnel["download"] is None
    assert tunnel["agent"] == {"found": True, "path": str(ours), "own": False, "version": "3.99.1"}
    assert sorted(file.name for file in ours.parent.iterdir()) == ["ngrok"]


def test_stopped_download_resumes_where_it_stopped(served, source) -> None:
    source.stop_after = len(source.content) // 2
    served.person("POST", "/api/tunnel/agent")
    wait_for_download(served, lambda view, _: view["share"] >= 0.4)
    stopped = served.person("DELETE", "/api/tunnel/agent").json()
    assert stopped["download"] is None
    assert not stopped["agent"]["found"]
    source.stop_after = None
    served.person("POST", "/api/tunnel/agent")
    assert wait_for_download(served, over)["agent"]["found"]
    assert source.ranges[0] is None
    assert source.ranges[1].startswith("bytes=")


def test_changed_file_is_downloaded_from_its_beginning(served, source) -> None:
    source.stop_after = len(source.content) // 2
    served.person("POST", "/api/tunnel/agent")
    wait_for_download(served, lambda view, _: view["share"] >= 0.4)
    served.person("DELETE", "/api/tunnel/agent")
    source.stop_after, source.mark, source.content = None, '"two"', pack(PROGRAM.replace(b"99.1", b"99.2"))
    served.person("POST", "/api/tunnel/agent")
    assert wait_for_download(served, over)["agent"]["version"] == "3.99.2"


def test_download_ends_with_the_program(served, source) -> None:
    source.stop_after = 1000
    served.person("POST", "/api/tunnel/agent")
    assert served.background.stop()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"content": b"no archive"}, "not ngrok's program"),
        ({"content": pack(b"#!/bin/sh\necho something else\n")}, "not ngrok's program"),
        ({"status": 404}, "answered 404"),
        ({"status": 206}, "answered 206"),  # which nobody asked for
        ({"status": 416}, "answered 416"),
    ],
)
def test_other_content_is_refused_with_a_sentence(served, source, change, sentence) -> None:
    for name, value in change.items():
        setattr(source, name, value)
    served.person("POST", "/api/tunnel/agent")
    tunnel = wait_for_download(served, over)
    assert sentence in tunnel["download"]["problem"]
    assert not tunnel["agent"]["found"]
    assert not list((served.data / "tunnel").iterdir())


def test_unreachable_server_is_explained(served, monkeypatch) -> None:
    monkeypatch.setattr(Ngrok, "download_address", lambda _: "http://127.0.0.1:9/agent")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served.person("POST", "/api/tunnel/agent")
    assert "online" in wait_for_download(served, over)["download"]["problem"]


def test_too_large_download_is_stopped(served, source, monkeypatch) -> None:
    monkeypatch.setattr(download, "MAX_SIZE", 1_000_000)
    served.person("POST", "/api/tunnel/agent")
    view = wait_for_download(served, over)
    assert "far larger" in view["download"]["problem"]
    assert not view["agent"]["found"]


def test_demo_downloads_nothing(serve, source) -> None:
    refused = serve(demo=True).person("POST", "/api/tunnel/agent")
    assert (refused.status_code, "demo" in refused.json()["detail"]) == (409, True)
    assert source.ranges == []


def test_redirect_without_https_is_not_requested(served, source) -> None:
    other = Source()
    thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        other.leads_to = source.address  # and back, so that the last address alone would look well
        source.leads_to = other.address
        served.person("POST", "/api/tunnel/agent")
        tunnel = wait_for_download(served, over)
    finally:
        other.shutdown()
        thread.join()
        other.server_close()
    assert "without https" in tunnel["download"]["problem"]
    assert (len(source.ranges), other.ranges) == (1, [])
