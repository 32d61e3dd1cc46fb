import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from server.tunnel.ngrok import Ngrok
from tests import loopback
from tests.server.commandline.conftest import ROOT
from tests.server.tunnel.test_download import Source
from tests.server.tunnel.tunnels import QUICK, agents


def test_tunnel_on_prints_the_address_and_off_closes_it(deskhand, serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    opened = deskhand("tunnel", "on")
    assert (opened.returncode, opened.stderr) == (0, "")
    address = opened.stdout.strip()
    assert loopback.get(address + "/health").status_code == 200
    assert address in deskhand("tunnel", "status").stdout
    assert json.loads(deskhand("tunnel", "status", "--json").stdout)["requests_this_month"] == 1
    assert address in deskhand("addresses").stdout
    assert deskhand("tunnel", "off").stdout == "The tunnel is off.\n"
    assert not agents(served.data)


def test_failed_tunnel_exits_with_1_and_a_hint(deskhand, serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": "revoked-token"})
    failed = deskhand("tunnel", "on")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "does not know this authtoken" in failed.stderr
    assert "dashboard.ngrok.com" in failed.stderr
    assert "does not know" in deskhand("tunnel", "status").stdout


def test_tunnel_is_refused_with_a_configured_public_address(deskhand, serve) -> None:
    serve(public_url="https://desk.example.org")
    failed = deskhand("tunnel", "on")
    assert (failed.returncode, "--public-url" in failed.stderr) == (1, True)
    assert "https://desk.example.org" in deskhand("tunnel", "status").stdout


def test_tunnel_commands_without_a_server_say_so(deskhand) -> None:
    for word in ("on", "off", "status", "download"):
        failed = deskhand("tunnel", word)
        assert (failed.returncode, "not running" in failed.stderr) == (1, True)


def test_tunnel_is_configured_on_the_command_line(deskhand, serve) -> None:
    served = serve()
    done = deskhand("tunnel", "set", "--authtoken", "--domain", "desk.ngrok.app", "--open-at-start", typed="2abcdefgh_IJ\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2abcdefgh_IJ" not in done.stdout
    body = served.person("GET", "/api/tunnel").json()
    assert (body["has_authtoken"], body["domain"], body["open_at_start"], body["keep_awake"]) == (
        True,
        "desk.ngrok.app",
        True,
        False,
    )
    assert deskhand("tunnel", "set", "--no-domain", "--no-open-at-start", "--keep-awake").returncode == 0
    body = served.person("GET", "/api/tunnel").json()
    assert (body["has_authtoken"], body["domain"], body["open_at_start"], body["keep_awake"]) == (True, None, False, True)


def test_invalid_tunnel_setting_is_reported(deskhand, serve) -> None:
    serve()
    assert deskhand("tunnel", "set").returncode == 2
    assert deskhand("tunnel", "set", "--domain", "desk.ngrok.app", "--no-domain").returncode == 2
    assert deskhand("tunnel", "set", "--authtoken=2abcdefgh_IJ").returncode == 2
    for arguments, sentence in (
        (("--authtoken",), "No authtoken"),
        (("--agent", "nowhere"), "no program at"),
        (("--domain", "no domain"), "cannot be an address"),
    ):
        failed = deskhand("tunnel", "set", *arguments)
        assert (failed.returncode, sentence in failed.stderr) == (1, True), failed.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals.")
def test_authtoken_is_prompted_on_a_terminal_without_echo(serve) -> None:
    import pty

    served = serve()
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "desktop", "tunnel", "set", "--authtoken", "--data-dir", str(served.data)]
    with subprocess.Popen(command, cwd=ROOT, stdin=follower, stdout=follower, stderr=follower, start_new_session=True) as asking:
        os.close(follower)
        shown = b""
        while b"your-authtoken" not in shown:
            shown += os.read(leader, 1_000)
        os.write(leader, b"2abcdefgh_IJ\n")
        assert asking.wait(30) == 0
    shown += os.read(leader, 1_000)
    os.close(leader)
    assert b"2abcdefgh_IJ" not in shown
    assert served.person("GET", "/api/tunnel").json()["has_authtoken"]


def test_failed_tunnel_download_exits_with_1_and_its_reason(deskhand, serve) -> None:
    serve(demo=True)
    failed = deskhand("tunnel", "download")
    assert (failed.returncode, "nothing is downloaded" in failed.stderr) == (1, True)


def test_tunnel_program_is_downloaded_and_its_path_printed(deskhand, serve, monkeypatch) -> None:
    source = Source()
    threading.Thread(target=source.serve_forever, daemon=True).start()
    monkeypatch.setattr(Ngrok, "download_address", lambda _: source.address)
    monkeypatch.setenv("PATH", "")
    served = serve()
    try:
        done = deskhand("tunnel", "download")
        assert done.returncode == 0, done.stderr
        assert "100%" in done.stderr or "ngrok's program" in done.stderr
        assert Path(done.stdout.strip()).is_relative_to(served.data)
        source.status = 503
        failed = deskhand("tunnel", "download")
        assert (failed.returncode, "answered 503" in failed.stderr) == (1, True)
    finally:
        source.shutdown()
        source.server_close()
