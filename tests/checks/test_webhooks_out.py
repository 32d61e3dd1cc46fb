"""Outgoing webhooks through kill -9 and bad receivers: none is lost, and each receiver gets one attempt at a time."""

import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from server.outbound.webhooks.models import SECTION, WebhookSettings
from server.storage.settings import Settings
from tests import loopback
from tests.conftest import ROOT, need
from tests.server.outbound.webhooks import receiver as behaviours
from tests.server.outbound.webhooks.receiver import Behaviour, Exchange, Receiver, honest, slow, status
from tests.server.sdk.examples import install

AT_ONCE = 8
ALTERNATING = {
    "/honest": [honest],
    "/slow": [slow(0.02)],
    "/failing": [status("503 Busy"), honest],
    "/refusing": [status("400 Bad"), status("429 Slow Down", "Retry-After: 0"), honest],
    "/short": [behaviours.short, behaviours.nonsense, honest],
    "/reset": [behaviours.reset, honest],
    "/redirecting": [status("302 Found", "Location: /honest"), status("307 Temporary", "Location: http://127.0.0.1/"), honest],
    "/huge": [behaviours.bomb, behaviours.headers_without_end, honest],
}
SLOW_AT_FIRST = {"/hanging": [behaviours.hang] * 2, "/dripping": [behaviours.dripping_body, behaviours.dripping_headers]}


@dataclass
class Writer:
    """Writes numbered notes through whatever server runs now, until the fate of each is known."""

    key: str
    public: str = ""
    acknowledged: set[str] = field(default_factory=set)
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: threading.Event = field(default_factory=threading.Event)

    def write(self, number: int) -> None:
        note, deadline = {"name": f"note-{number}", "text": "x"}, time.monotonic() + 120
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": f"note-{number}"}
        while time.monotonic() < deadline:
            try:
                answer = loopback.post(f"{self.public}/example/notes", json=note, headers=headers, timeout=20)
            except httpx2.HTTPError:
                self.waiting.wait(0.02)
                continue
            with self.lock:
                self.acknowledged |= {note["name"]} if answer.status_code == 200 else set()
                self.done += 1
            assert answer.status_code == 200 or (answer.status_code == 409 and "nobody knows" in answer.text), answer.text
            return
        raise AssertionError(f"Nobody learned what became of note {number}.")


def repeat(script: list[Behaviour]) -> Behaviour:
    """Behave as each of a script in turn, for ever."""
    turns = iter(lambda: None, 0)
    count = 0

    async def behave(exchange: Exchange) -> None:
        nonlocal count
        next(turns)
        count += 1
        await script[(count - 1) % len(script)](exchange)

    return behave


@pytest.mark.timeout(1800)
def test_no_event_is_lost_through_kills_and_bad_receivers(start, tmp_path, long: bool) -> None:
    notes_count, kills = (1_100, 15) if long else (40, 1)  # each of them for ten receivers
    dice = random.Random(7)
    data, integrations = tmp_path / "data", str(install(tmp_path / "integrations"))
    data.mkdir(mode=0o700)
    with Receiver().in_thread() as receiver, ThreadPoolExecutor(AT_ONCE) as pool:
        paths = add_behaviours(receiver)
        settings = {"local_receivers": [receiver.listed], "delays": [0.02] * 100, "attempt_seconds": 1}
        asyncio.run(Settings(data).write(SECTION, WebhookSettings.model_validate(settings)))
        server = start(data=data, DESKHAND_INTEGRATIONS=integrations)
        made = [server.person("POST", "/api/webhooks", json={"url": receiver.url(path), "name": path}) for path in paths]
        assert {answer.status_code for answer in made} == {201}
        writer = Writer(server.make_client("writer", allow=["write_example_note"], rate="none"), server.public)
        written = [pool.submit(writer.write, number) for number in range(notes_count)]
        for _ in range(kills):
            goal = writer.done + dice.randint(1, notes_count // (kills + 1))
            wait_until(lambda goal=goal: writer.done >= goal)
            server.kill()
            server = start(data=data, DESKHAND_INTEGRATIONS=integrations)
            writer.public = server.public
        for future in written:
            future.result()
        wait_until(lambda: is_settled(server), seconds=900 if long else 120)
        server.person("POST", "/api/webhooks/deliveries/replay", json={})
        wait_until(lambda: is_settled(server) and not count(server, "dead"), seconds=120)
        notes = {note["name"] for note in call(server, writer.key)}
        assert writer.acknowledged <= notes and len(notes) >= notes_count - kills * AT_ONCE
        check_deliveries(receiver, paths, notes, data)
        print(f"{kills} kills, {len(notes)} events for {len(paths)} receivers, {len(receiver.requests)} attempts")


def add_behaviours(receiver: Receiver) -> list[str]:
    for path, script in ALTERNATING.items():
        receiver.behave(path, repeat(script))
    for path, script in SLOW_AT_FIRST.items():
        receiver.behave(path, *script, honest)
    return [*ALTERNATING, *SLOW_AT_FIRST]


def check_deliveries(receiver: Receiver, paths: list[str], notes: set[str], data: Path) -> None:
    """Check that each receiver got each event in order, with one id and one attempt at a time."""
    ids, names = defaultdict(list), defaultdict(set)
    with closing(sqlite3.connect(data / "deskhand.db")) as connection:
        query = "SELECT name, message_id FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = endpoint_id ORDER BY d.id"
        for path, message_id in connection.execute(query):
            ids[path].append(message_id)
    for received in list(receiver.requests):
        names[received.path, received.id].add(json.loads(received.body)["data"]["name"])
    for path in paths:
        assert receiver.ids(path) == ids[path], path
        assert {name for (at, _), each in names.items() if at == path for name in each} == notes, path
        assert receiver.most_at_once[path] == 1, path
    assert {len(each) for each in names.values()} == {1}


def count(server, state: str) -> int:
    return len(server.person("GET", f"/api/webhooks/deliveries?state={state}").json()["deliveries"])


def is_settled(server) -> bool:
    return count(server, "waiting") == 0


def call(server, key: str) -> list[dict]:
    return loopback.get(f"{server.public}/example/notes", headers={"Authorization": f"Bearer {key}"}).json()


def wait_until(condition, seconds: float = 60) -> None:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.05)


def test_circle_of_webhooks_ends(start, tmp_path) -> None:
    """A receiver that answers each event with a call of Deskhand gets no event of the sixth in a row by itself."""
    data, keys = tmp_path / "data", list[str]()
    data.mkdir(mode=0o700)

    async def call_back(exchange: Exchange) -> None:
        headers = {"Authorization": f"Bearer {keys[0]}"} | {
            "Deskhand-Webhook-Depth": exchange.received.headers["deskhand-webhook-depth"]
        }
        note = {"name": exchange.received.id[:40], "text": "x"}
        answer = await asyncio.to_thread(loopback.post, f"{server.public}/example/notes", json=note, headers=headers)
        assert answer.status_code == 200
        await exchange.answer()

    with Receiver().in_thread() as receiver:
        asyncio.run(Settings(data).write(SECTION, WebhookSettings(local_receivers=[receiver.listed])))
        server = start(data=data, DESKHAND_INTEGRATIONS=str(install(tmp_path / "integrations")))
        keys.append(server.make_client("writer", allow=["write_example_note"], rate="none"))
        for address in (server.public, server.local):
            assert server.person("POST", "/api/webhooks", json={"url": f"{address}/example/notes"}).status_code == 422
        receiver.behave("/loop", call_back)
        assert server.person("POST", "/api/webhooks", json={"url": receiver.url("/loop")}).status_code == 201
        loopback.post(f"{server.public}/example/notes", json={"name": "a", "text": "x"}, headers={"X-API-Key": keys[0]})
        wait_until(lambda: count(server, "dead") == 1)
        assert len(receiver.ids("/loop")) == 5


def test_every_address_of_the_list_is_blocked_in_an_empty_network(tmp_path) -> None:
    need(sys.platform == "linux", "network namespaces", "run it on Linux")
    command = ["unshare", "--net", "--map-root-user", sys.executable, "-m", "tests.checks.webhook_addresses"]
    allowed = subprocess.run([*command[:3], "true"], capture_output=True, check=False).returncode == 0
    need(allowed, "a network namespace", "run it as root, or allow user namespaces")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["addresses"] > 100 and result["reachable_without_guard"] > 20
    assert result["connections"] == 0 and result["reached"] == []
    assert result["control"] == 200, "the receiver that is listed was not reached"
