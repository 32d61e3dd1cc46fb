import asyncio
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


class Remembering(NoScreen):
    """A screen that a test looks at."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def notify(self, title: str, text: str) -> None:
        self.told.append(f"{title}: {text}")


@pytest.fixture
def demo(serve):
    return serve(demo=True, tunnel_timing=QUICK)


def test_requests_through_the_tunnel_are_answered_and_the_documents_name_its_address(demo) -> None:
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


def test_it_is_closed_without_a_process_or_a_file_left_and_opens_again(demo) -> None:
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


def test_opening_twice_opens_one(demo) -> None:
    address = open_tunnel(demo)
    assert open_tunnel(demo) == address
    assert len(agents(demo.data)) == 1


def test_it_ends_with_the_program(demo) -> None:
    open_tunnel(demo)
    assert demo.background.stop()
    assert not agents(demo.data)


def test_an_agent_that_is_killed_is_started_again_and_the_new_address_is_told(serve, tmp_path) -> None:
    screen = Remembering()
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path, demo=True, tunnel_timing=QUICK), screen))
    ready = background.start()
    try:
        served = Served(background, ready.public, ready.local, tmp_path)
        first = open_tunnel(served)
        assert not screen.told
        agents(tmp_path)[0].kill()
        found = until(served, "open", lambda view: view["address"] != first)
        assert found["address_changed_at"]
        assert loopback.get(found["address"] + "/health").status_code == 200
        deadline = time.monotonic() + 10
        while not screen.told and time.monotonic() < deadline:
            time.sleep(0.01)
        assert f"at a new address: {found['address']}" in screen.told[0]
    finally:
        assert background.stop()


def test_while_it_is_started_again_it_says_so(serve) -> None:
    served = serve(demo=True, tunnel_timing=replace(QUICK, first_delay=60, longest_delay=60))
    address = open_tunnel(served)
    agents(served.data)[0].kill()
    found = until(served, "reconnecting")
    assert found["address"] == address
    assert "ended" in found["problem"]
    assert served.person("POST", "/api/tunnel/close").json()["state"] == "off"


def test_an_agent_that_ends_again_and_again_is_given_up_on_with_one_notification(tmp_path) -> None:
    screen = Remembering()
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
        found = until(served, "failed")
        ended.set()
        killer.join()
        assert found["problem"] and found["address"] is None
        assert [told for told in screen.told if "not reachable" in told] == [screen.told[-1]]
        assert open_tunnel(served)
    finally:
        ended.set()
        assert background.stop()


def test_a_connection_that_is_lost_for_a_moment_comes_back_by_itself(demo) -> None:
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
def test_a_refused_authtoken_is_told_in_plain_words_and_stands_nowhere(demo, caplog, token, problem, advice) -> None:
    caplog.set_level("DEBUG")
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": token})
    demo.person("POST", "/api/tunnel/open")
    found = until(demo, "failed")
    assert problem in found["problem"]
    assert advice in found["advice"]
    assert found["has_authtoken"]
    assert token not in str(found) + caplog.text
    assert "ngrok:" in caplog.text
    assert not (demo.data / "tunnel" / "ngrok.yml").exists()
    assert found["problem"] in demo.person("GET", "/api/overview").json()["problems"]


def test_the_authtoken_stands_in_a_file_for_this_person_alone_and_on_no_command_line(demo) -> None:
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


def test_an_agent_that_says_nothing_is_given_up_on_and_ended(serve) -> None:
    served = serve(demo=True, tunnel_timing=IMPATIENT)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": "silent-token"})
    served.person("POST", "/api/tunnel/open")
    assert "in time" in until(served, "failed")["problem"]
    assert not agents(served.data)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": None})
    assert open_tunnel(served)


def test_a_silent_agent_can_be_closed_at_once(demo) -> None:
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": "silent-token"})
    demo.person("POST", "/api/tunnel/open")
    deadline = time.monotonic() + 10
    while not agents(demo.data) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert demo.person("POST", "/api/tunnel/close").json()["state"] == "off"
    assert not agents(demo.data)


def test_a_computer_that_is_offline_is_told_so(serve) -> None:
    served = serve(demo=True, tunnel_timing=IMPATIENT)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": "offline-token"})
    served.person("POST", "/api/tunnel/open")
    found = until(served, "failed")
    assert found["problem"] == "ngrok could not be reached."
    assert "online" in found["advice"]


def test_what_the_agent_is_given_is_changed_while_it_is_open(demo) -> None:
    open_tunnel(demo)
    demo.person("PUT", "/api/tunnel/settings", json={"authtoken": "revoked-4nq9771bPxe8ctg7LKr"})
    assert "does not know this authtoken" in until(demo, "failed")["problem"]
    assert not agents(demo.data)


def test_it_opens_at_the_start_where_that_is_set(serve) -> None:
    first = serve(demo=True, tunnel_timing=QUICK)
    first.person("PUT", "/api/tunnel/settings", json={"open_at_start": True})
    first.background.stop()
    again = serve(demo=True, tunnel_timing=QUICK)
    assert loopback.get(until(again, "open")["address"] + "/health").status_code == 200


def test_an_agent_left_by_a_killed_deskhand_is_ended_at_the_next_start(serve, demo) -> None:
    open_tunnel(demo)
    config = demo.data / "tunnel" / "ngrok.yml"
    kept = {file: file.read_bytes() for file in config.parent.iterdir()}
    (agent,) = agents(demo.data)
    command = agent.cmdline()
    demo.background.stop()
    for file, content in kept.items():  # as a Deskhand leaves them that is killed
        file.write_bytes(content)
    stale = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    reader = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "--config", str(config)])
    try:
        serve(demo=True)
        assert stale.wait(10)
        assert not config.exists()
        assert reader.poll() is None
    finally:
        for process in (stale, reader):
            process.kill()
            process.wait()


def test_with_a_proxy_of_the_persons_own_there_is_no_tunnel(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    found = read(served)
    assert (found["state"], found["address"], found["reserved"]) == ("fixed", "https://desk.example.org", True)
    for verb in ("open", "close"):
        refused = served.person("POST", f"/api/tunnel/{verb}")
        assert refused.status_code == 409
        assert "--public-url" in refused.json()["detail"]


def test_without_an_agent_or_an_authtoken_it_says_what_is_missing(serve, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("NGROK_AUTHTOKEN", raising=False)
    served = serve()
    served.person("POST", "/api/tunnel/open")
    found = until(served, "failed")
    assert "ngrok's program" in found["problem"]
    assert found["agent"] == {"found": False, "path": None, "own": False, "version": None}
    program = tmp_path / "ngrok"
    program.write_text("#!/bin/sh\necho ngrok version 3.20.0\n")
    program.chmod(0o700)
    served.person("POST", "/api/tunnel/open")
    found = until(served, "failed", lambda view: "authtoken" in view["problem"])
    assert "dashboard.ngrok.com" in found["advice"]
    assert found["agent"] == {"found": True, "path": str(program), "own": True, "version": "3.20.0"}


@pytest.mark.parametrize(
    "address", ["http://plain.example", "https://x\u202e.example", "https://name@x.example", "https://x.example/a"]
)
async def test_an_address_that_cannot_be_one_is_neither_kept_nor_told(tmp_path, address) -> None:
    home, here = open_home(tmp_path, demo=False), Address(1, 2)
    with home as opened:
        async with open_state(opened, here, demo=False) as state:
            with pytest.raises(TunnelError, match="cannot be a public one"):
                await state.tunnel.status.set_open(address)
            assert (here.public_url, await state.tunnel.list_lost_addresses()) == (None, [])
            assert state.tunnel.state is TunnelState.off
            await state.tunnel.status.set_open("https://X.ngrok.app")
            await state.tunnel.status.set_open("https://y.ngrok.app")
            assert [lost.address for lost in await state.tunnel.list_lost_addresses()] == ["https://x.ngrok.app"]


def test_the_requests_of_the_month_are_counted_and_outlive_a_restart(serve, demo) -> None:
    address = open_tunnel(demo)
    for _ in range(3):
        loopback.get(address + "/nothing")
    demo.call("GET", "/health", key="")
    assert read(demo)["requests_this_month"] == 3
    assert read(demo)["requests_limit"] == 20_000
    demo.background.stop()
    assert read(serve(demo=True))["requests_this_month"] == 3


def test_the_tunnel_leads_to_the_public_surface_only_and_nothing_through_it_comes_from_this_computer(demo) -> None:
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


def test_lost_addresses_are_listed_with_the_latest_first(serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    addresses = []
    for _ in range(3):
        addresses.append(open_tunnel(served))
        served.person("POST", "/api/tunnel/close")
    served.background.stop()

    async def look() -> list[str]:
        with open_home(served.data, demo=True) as home:
            async with open_state(home, Address()) as state:
                return [lost.address for lost in await state.tunnel.list_lost_addresses()]

    assert asyncio.run(look()) == addresses[1::-1]


class Bed:
    """What would keep the computer awake."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.problem: str | None = None

    def hold(self, reason: str) -> None:
        assert reason.endswith(".")
        self.problem = "It falls asleep all the same."
        self.done.append("hold")

    def release(self) -> None:
        self.done.append("release")


async def test_the_computer_is_kept_awake_while_it_is_on_if_the_person_wants_that(tmp_path) -> None:
    with open_home(tmp_path, demo=True) as home:
        async with open_state(home, Address(9, 9), demo=True) as state:
            bed = Bed()
            tunnel = Tunnel(state.context, state.address, Ngrok(), command=agent_command(), inhibitor=bed, timing=QUICK)
            await tunnel.open()
            assert bed.done == []
            await tunnel.change(TunnelChange(keep_awake=True))
            await tunnel.wait_until_settled()
            assert (tunnel.state, tunnel.problem) == (TunnelState.open, "It falls asleep all the same.")
            await tunnel.check_now()
            await tunnel.close()
            assert bed.done == ["hold", "release"]
            await tunnel.open()
            await tunnel.stop()
            assert bed.done == ["hold", "release"] * 2
            assert tunnel.problem is None


async def test_one_that_gave_up_is_opened_again_when_the_computer_wakes(tmp_path) -> None:
    with open_home(tmp_path, demo=True) as home:
        async with open_state(home, Address(9, 9), demo=True, tunnel_timing=IMPATIENT) as state:
            tunnel = state.tunnel
            await tunnel.check_now()
            assert tunnel.state is TunnelState.off
            await tunnel.change(TunnelChange(authtoken="offline-token"))
            await tunnel.open()
            await tunnel.wait_until_settled()
            assert tunnel.state is TunnelState.failed
            await tunnel.check_now()
            assert tunnel.state is TunnelState.opening
            await tunnel.stop()
