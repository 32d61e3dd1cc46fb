import subprocess
import sys
import threading
import time
from dataclasses import replace

import httpx2
import pytest

from desktop.server_thread import BackgroundServer
from server.http.addresses import Address
from server.lifecycle.program import Options, Program
from server.runtime.state import open_state
from server.sdk.desktop import NoScreen
from server.storage.data_dir import open_home
from server.tunnel.fake.launch import agent_command
from server.tunnel.models import TunnelChange, TunnelState
from server.tunnel.ngrok import Ngrok
from server.tunnel.provider import TunnelError
from server.tunnel.service import Tunnel
from tests import loopback
from tests.server.conftest import Served
from tests.server.tunnel.tunnels import IMPATIENT, QUICK, agents, open_tunnel, read, until


class RecordingScreen(NoScreen):
    """Screen that records notifications."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def notify(self, title: str, text: str) -> None:
        self.shown.append(f"{title}: {text}")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Demo server for all tests that do not stop it."""
    data = tmp_path_factory.mktemp("shared")
    background = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True, tunnel_timing=QUICK)))
    ready = background.start()
    yield Served(background, ready.public, ready.local, data)
    assert background.stop()


@pytest.fixture
def demo(shared):
    """The shared server, whose tunnel is closed."""
    yield shared
    shared.person("POST", "/api/tunnel/close")
    shared.person("PUT", "/api/tunnel/settings", json={"authtoken": None})


def test_requests_through_the_tunnel_are_answered_and_documents_contain_its_address(demo) -> None:
    key = demo.make_client()
    address = open_tunnel(demo)
    headers = {"Authorization": f"Bearer {key}"}
    with loopback.Client(base_url=address, headers=headers, timeout=20) as chatgpt:
        assert chatgpt.get("/apps/list").status_code == 200
        refused = chatgpt.post("/apps/control", json={"app": "calculator", "action": "start"})
        assert refused.json()["detail"], refused.text
        assert chatgpt.get("/openapi.json").json()["servers"] == [{"url": address}]
        assert chatgpt.get("/gpts/script/openapi.json").json()["servers"] == [{"url": address}]
    assert demo.person("GET", "/api/addresses").json()["openapi"] == f"{address}/openapi.json"
    assert demo.activity()[0]["operation"] == "control_app"


def test_closed_tunnel_leaves_no_process_and_no_configuration_and_opens_again(demo) -> None:
    first = open_tunnel(demo)
    config = demo.data / "tunnel" / "ngrok.yml"
    assert config.exists() and len(agents(demo.data)) == 1
    closed = demo.person("POST", "/api/tunnel/close").json()
    assert (closed["state"], closed["address"], closed["opened_at"]) == ("off", None, None)
    assert not config.exists() and not agents(demo.data)
    with pytest.raises(httpx2.TransportError):
        loopback.get(first)
    assert demo.person("GET", "/api/addresses").json()["public"].endswith(f":{demo.port}")
    second = open_tunnel(demo)
    assert loopback.get(second + "/health").status_code == 200


def test_open_twice_starts_one_agent(demo) -> None:
    address = open_tunnel(demo)
    assert open_tunnel(demo) == address
    assert len(agents(demo.data)) == 1


def test_tunnel_ends_with_the_program(serve) -> None:
    demo = serve(demo=True, tunnel_timing=QUICK)
    open_tunnel(demo)
    assert demo.background.stop()
    assert not agents(demo.data)


def test_killed_agent_is_restarted_and_the_new_address_is_notified(serve, tmp_path) -> None:
    screen = RecordingScreen()
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path, demo=True, tunnel_timing=QUICK), screen))
    ready = background.start()
    try:
        served = Served(background, ready.public, ready.local, tmp_path)
        first = open_tunnel(served)
        assert not screen.shown
        agents(tmp_path)[0].kill()
        view = until(served, "open", lambda latest: latest["address"] != first)
        assert view["address_changed_at"]
        assert loopback.get(view["address"] + "/health").status_code == 200
        deadline = time.monotonic() + 60
        while not screen.shown and time.monotonic() < deadline:
            time.sleep(0.01)
        assert f"New public address: {view['address']}" in screen.shown[0]
    finally:
        assert background.stop()


def test_restart_is_shown_as_reconnecting(serve) -> None:
    served = serve(demo=True, tunnel_timing=replace(QUICK, first_delay=60, longest_delay=60))
    address = open_tunnel(served)
    agents(served.data)[0].kill()
    view = until(served, "reconnecting")
    assert view["address"] == address
    assert "ended" in view["problem"]
    assert served.person("POST", "/api/tunnel/close").json()["state"] == "off"


def test_agent_that_keeps_ending_fails_with_one_notification(tmp_path) -> None:
    screen = RecordingScreen()
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path, demo=True, tunnel_timing=QUICK), screen))
    ready = background.start()
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(0.02):
            for agent in agents(tmp_path):
                agent.kill()

    try:
        served = Served(background, ready.public, ready.local, tmp_path)
        open_tunnel(served)
        killer = threading.Thread(target=kill)
        killer.start()
        view = until(served, "failed")
        ended.set()
        killer.join()
        assert view["problem"] and view["address"] is None
        assert [text for text in screen.shown if "not reachable" in text] == [screen.shown[-1]]
        assert open_tunnel(served)
    finally:
        ended.set()
        assert background.stop()


def test_lost_connection_is_restored_by_the_same_agent(demo) -> None:
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": "dropping-token"})
    address = open_tunnel(demo)
    agent = agents(demo.data)[0].pid
    assert "lost its connection" in until(demo, "reconnecting")["problem"]
    assert until(demo, "open")["address"] == address
    assert agents(demo.data)[0].pid == agent


@pytest.mark.parametrize(
    ("token", "problem", "advice"),
    [
        ("revoked-4nq9771bPxe8ctg7LKr", "does not know this authtoken", "dashboard.ngrok.com"),
        ("malformed-4nq9771bPxe8ctg7", "not an authtoken", "paste it in Deskhand"),
        ("strange-4nq9771bPxe8ctg7LK", "ERR_NGROK_9999", "ngrok.com/docs/errors/err_ngrok_9999"),
    ],
)
def test_refused_authtoken_is_explained_and_not_disclosed(demo, caplog, token, problem, advice) -> None:
    caplog.set_level("DEBUG")
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": token})
    demo.person("POST", "/api/tunnel/open")
    view = until(demo, "failed")
    assert problem in view["problem"]
    assert advice in view["advice"]
    assert view["has_authtoken"]
    assert token not in str(view) + caplog.text
    assert "ngrok:" in caplog.text
    assert not (demo.data / "tunnel" / "ngrok.yml").exists()
    assert view["problem"] in demo.person("GET", "/api/overview").json()["problems"]
    assert {"what": "Tunnel", "well": False, "to_do": False, "detail": view["problem"]} in demo.person(
        "GET", "/api/checks"
    ).json()


def test_authtoken_is_in_a_private_file_and_on_no_command_line(demo) -> None:
    token = "good-4nq9771bPxe8ctg7LKr2ClH7Y15"
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": f"ngrok config add-authtoken {token}"})
    open_tunnel(demo)
    config = demo.data / "tunnel" / "ngrok.yml"
    assert token in config.read_text()
    assert config.stat().st_mode & 0o777 == 0o600
    assert config.parent.stat().st_mode & 0o777 == 0o700
    (agent,) = agents(demo.data)
    assert token not in " ".join(agent.cmdline()) + str(agent.environ())
    demo.person("POST", "/api/tunnel/close")
    assert token not in "".join(file.read_text() for file in config.parent.iterdir())


def test_silent_agent_is_ended_after_the_time_limit(serve) -> None:
    served = serve(demo=True, tunnel_timing=IMPATIENT)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": "silent-token"})
    served.person("POST", "/api/tunnel/open")
    assert "in time" in until(served, "failed")["problem"]
    assert not agents(served.data)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": None})
    assert open_tunnel(served)


def test_silent_agent_is_ended_at_once_by_close(demo) -> None:
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": "silent-token"})
    demo.person("POST", "/api/tunnel/open")
    deadline = time.monotonic() + 60
    while not agents(demo.data) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert demo.person("POST", "/api/tunnel/close").json()["state"] == "off"
    assert not agents(demo.data)


def test_offline_computer_is_explained(serve) -> None:
    served = serve(demo=True, tunnel_timing=IMPATIENT)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": "offline-token"})
    served.person("POST", "/api/tunnel/open")
    view = until(served, "failed")
    assert view["problem"] == "ngrok could not be reached."
    assert "online" in view["advice"]


def test_changed_authtoken_reopens_the_tunnel(demo) -> None:
    open_tunnel(demo)
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": "revoked-4nq9771bPxe8ctg7LKr"})
    assert "does not know this authtoken" in until(demo, "failed")["problem"]
    assert not agents(demo.data)


def test_tunnel_opens_at_start_if_set(serve) -> None:
    first = serve(demo=True, tunnel_timing=QUICK)
    first.person("PUT", "/api/tunnel/settings", json={"open_at_start": True})
    first.background.stop()
    again = serve(demo=True, tunnel_timing=QUICK)
    assert loopback.get(until(again, "open")["address"] + "/health").status_code == 200


def test_agent_of_a_killed_deskhand_is_ended_at_the_next_start(serve) -> None:
    demo = serve(demo=True, tunnel_timing=QUICK)
    open_tunnel(demo)
    config = demo.data / "tunnel" / "ngrok.yml"
    files = {file: file.read_bytes() for file in config.parent.iterdir()}
    (agent,) = agents(demo.data)
    command = agent.cmdline()
    demo.background.stop()
    for file, content in files.items():  # as a Deskhand leaves them that is killed
        file.write_bytes(content)
    stale = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    reader = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "--config", str(config)])
    try:
        serve(demo=True)
        assert stale.wait(60)
        assert not config.exists()
        assert reader.poll() is None
    finally:
        for process in (stale, reader):
            process.kill()
            process.wait()


def test_tunnel_is_refused_with_a_public_url(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    view = read(served)
    assert (view["state"], view["address"], view["reserved"]) == ("fixed", "https://desk.example.org", True)
    for verb in ("open", "close"):
        refused = served.person("POST", f"/api/tunnel/{verb}")
        assert refused.status_code == 409
        assert "--public-url" in refused.json()["detail"]


def test_missing_agent_or_authtoken_is_explained(serve, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("NGROK_AUTHTOKEN", raising=False)
    served = serve()
    served.person("POST", "/api/tunnel/open")
    view = until(served, "failed")
    assert "ngrok agent" in view["problem"]
    assert view["agent"] == {"found": False, "path": None, "own": False, "version": None}
    program = tmp_path / "ngrok"
    program.write_text("#!/bin/sh\necho ngrok version 3.20.0\n")
    program.chmod(0o700)
    served.person("POST", "/api/tunnel/open")
    view = until(served, "failed", lambda view: "authtoken" in view["problem"])
    assert "dashboard.ngrok.com" in view["advice"]
    assert view["agent"] == {"found": True, "path": str(program), "own": True, "version": "3.20.0"}


@pytest.mark.parametrize(
    "address", ["http://plain.example", "https://x\u202e.example", "https://name@x.example", "https://x.example/a"]
)
async def test_invalid_address_is_neither_stored_nor_published(tmp_path, address) -> None:
    home, here = open_home(tmp_path, demo=False), Address(1, 2)
    with home as opened:
        async with open_state(opened, here, demo=False) as state:
            with pytest.raises(TunnelError, match="cannot be a public one"):
                await state.tunnel.status.set_open(address)
            assert (here.public_url, await state.tunnel.status.store.list_lost()) == (None, [])
            assert state.tunnel.state is TunnelState.off
            await state.tunnel.status.set_open("https://X.ngrok.app")
            await state.tunnel.status.set_open("https://y.ngrok.app")
            assert [lost.address for lost in await state.tunnel.status.store.list_lost()] == ["https://x.ngrok.app"]


def test_requests_of_the_month_are_counted_across_restarts(serve) -> None:
    demo = serve(demo=True, tunnel_timing=QUICK)
    address = open_tunnel(demo)
    for _ in range(3):
        loopback.get(address + "/nothing")
    demo.call("GET", "/health", key="")
    assert read(demo)["requests_this_month"] == 3
    assert read(demo)["requests_limit"] == 20_000
    demo.background.stop()
    assert read(serve(demo=True))["requests_this_month"] == 3


def test_tunnel_reaches_only_the_public_surface_and_its_requests_never_count_as_local(demo) -> None:
    address = open_tunnel(demo)
    host = httpx2.URL(address).netloc.decode()
    assert loopback.get(demo.local + "/api/overview", headers={"Host": host}).status_code == 421
    key = demo.person("GET", "/api/overview").request.headers["Authorization"]
    assert loopback.get(demo.local + "/api/overview", headers={"Host": host, "Authorization": key}).status_code == 421
    local = httpx2.URL(demo.local).netloc.decode()
    for headers in (
        {},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Host": local},
        {"Forwarded": f"for=127.0.0.1;host={local}"},
    ):
        answer = loopback.get(address + "/api/overview", headers={**headers, "Authorization": key})
        assert answer.status_code == 404
    assert loopback.get(address + "/health", headers={"Host": local}).status_code == 421


class RecordingInhibitor:
    """Sleep inhibitor that records its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.problem: str | None = None

    def hold(self, reason: str) -> None:
        assert reason.endswith(".")
        self.problem = "It falls asleep all the same."
        self.calls.append("hold")

    def release(self) -> None:
        self.calls.append("release")


async def test_sleep_is_inhibited_while_the_tunnel_is_on_if_set(tmp_path) -> None:
    with open_home(tmp_path, demo=True) as home:
        async with open_state(home, Address(9, 9), demo=True) as state:
            inhibitor = RecordingInhibitor()
            tunnel = Tunnel(state.context, state.address, Ngrok(), command=agent_command(), inhibitor=inhibitor, timing=QUICK)
            await tunnel.open()
            assert inhibitor.calls == []
            await tunnel.change(TunnelChange(keep_awake=True))
            await tunnel.status.wait_until_settled()
            assert (tunnel.state, tunnel.problem) == (TunnelState.open, "It falls asleep all the same.")
            await tunnel.check_now()
            await tunnel.close()
            assert inhibitor.calls == ["hold", "release"]
            await tunnel.open()
            await tunnel.stop()
            assert inhibitor.calls == ["hold", "release"] * 2
            assert tunnel.problem is None
