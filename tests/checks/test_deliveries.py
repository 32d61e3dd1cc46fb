"""OMI's deliveries under kills, retries, reordering and duplicates: one row each, and nothing that was taken is missing."""

import hmac
import json
import random
import shutil
import sqlite3
import string
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2
import pytest
import yaml
from jsonschema import Draft202012Validator

from server.integrations.omi.signature import Letter, is_signed, sign_v1
from tests import loopback
from tests.conftest import need

AT_ONCE = 8
SECRET = "whsec_" + "s" * 43
CURL = r"""curl -X POST "https://your-server-url.com/chatgpt/webhook/memory?uid=test_user" \
  -H "Content-Type: application/json" \
  -d '{
    "created_at": "2024-07-22T23:59:45.910559+00:00",
    "started_at": "2024-07-21T22:34:43.384323+00:00",
    "finished_at": "2024-07-21T22:35:43.384323+00:00",
    "transcript_segments": [
      {
        "text": "Test segment text",
        "speaker": "SPEAKER_00",
        "speakerId": 0,
        "is_user": false,
        "start": 10.0,
        "end": 20.0
      }
    ],
    "photos": [],
    "structured": {
      "title": "Test Conversation",
      "overview": "This is a test overview",
      "emoji": "üó£Ô∏è",
      "category": "personal"
    },
    "plugins_results": [
      {
        "plugin_id": "test-app-id",
        "content": "Test app response"
      }
    ],
    "discarded": false
  }'"""
FIRST_SCHEMA = """
/api/conversations:
  type: object
  properties:
    conversations:
      type: array
      items:
        type: object
        properties:
          id: {type: string}
          title: {type: string}
          created_at: {type: string}
          category: {type: string}
          overview: {type: string}
/api/conversations/{conversation_id}:
  type: object
  properties:
    id: {type: string}
    created_at: {type: string}
    started_at: {type: [string, "null"]}
    finished_at: {type: [string, "null"]}
    transcript: {type: string}
    structured:
      type: object
      properties:
        title: {type: string}
        overview: {type: string}
        emoji: {type: string}
        category: {type: string}
"""


@dataclass
class Sender:
    """Delivers to whatever server runs now, and tries again until it is taken, as OMI does."""

    path: str
    http: httpx2.Client
    public: str = ""
    taken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def deliver(self, key: str, memory: dict) -> None:
        body = json.dumps(memory, ensure_ascii=False, separators=(",", ":")).encode()
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            now = int(time.time())
            headers = {"X-Omi-Signature": f"t={now},v1={sign_v1(SECRET, now, 'me', body)}", "Idempotency-Key": key}
            try:
                url = f"{self.public}{self.path}?uid=me"
                answer = self.http.post(url, content=body, headers=headers)
            except httpx2.HTTPError:
                self.over.wait(0.02)
                continue
            if answer.status_code == 503:
                self.over.wait(0.02)
                continue
            assert answer.status_code == 200, answer.text
            with self.lock:
                self.taken += 1
            return
        raise AssertionError("A delivery was never taken.")

    def wait_for(self, taken: int, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.taken < taken and time.monotonic() < until:
            self.over.wait(0.005)


def make_deliveries(many: int, dice: random.Random) -> Iterator[tuple[str, dict]]:
    """Conversations with some updates each; out of order, some of it twice, under the same key or another."""
    found = []
    for number in range(many // 2):
        for version in range(1, dice.choice((2, 2, 3))):
            changed = f"2026-11-21T00:00:{version:02}+00:00" if version > 1 else None
            words = {"title": f"{number} as of {version}", "overview": "", "emoji": "", "category": "work"}
            memory = {"id": f"c{number}", "created_at": "2026-11-20T00:00:00Z", "updated_at": changed, "structured": words}
            key = str(uuid.UUID(int=dice.getrandbits(128)))
            found.append((key, memory))
    while len(found) < many:
        key, memory = dice.choice(found)
        found.append((dice.choice((key, f"{key}-again")), memory))
    dice.shuffle(found)
    return iter(found)


def prepare(server) -> str:
    """Make the address, set the secret, and accept the uid; answers the path."""
    made = server.person("POST", "/api/omi/address").json()["addresses"]["memory"].removeprefix(server.public)
    first = loopback.post(f"{server.public}{made}?uid=me", json={"id": "first"}, timeout=20)
    assert first.status_code == 200, first.text
    (question,) = server.person("GET", "/api/approvals").json()
    assert server.person("POST", f"/api/approvals/{question['id']}/approve", json={}).status_code == 200
    assert server.person("PUT", "/api/omi/secret", json={"secret": SECRET}).status_code == 200
    return made


@pytest.mark.timeout(1800)
def test_each_conversation_is_one_row_in_its_newest_state_whatever_happens(start, long: bool) -> None:
    many, dice = 10_000 if long else 200, random.Random(11)
    deliveries = list(make_deliveries(many, dice))
    newest: dict[str, str] = {}
    for _, memory in sorted(deliveries, key=lambda one: one[1]["updated_at"] or ""):
        newest[memory["id"]] = memory["structured"]["title"]
    server = start()
    http, kills = loopback.Client(timeout=20), 0
    sender = Sender(prepare(server), http, server.public)
    with http, ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(sender.deliver, *one) for one in deliveries]
        while sender.taken < many and not any(one.done() and one.exception() for one in sent):
            sender.wait_for(sender.taken + dice.randint(*((0, 1_000) if long else (40, 100))), seconds=10)
            server.kill()
            kills += 1
            server = start()
            sender.public = server.public
        for one in sent:
            one.result()
    server.kill()
    with sqlite3.connect(server.data / "deskhand.db") as database:
        rows = database.execute("SELECT id, title FROM omi_conversation WHERE uid = 'me' AND id <> 'first'").fetchall()
        twice = database.execute("SELECT key FROM omi_delivery GROUP BY uid, kind, key HAVING count(*) > 1").fetchall()
    database.close()
    assert len(rows) == len(newest)
    assert dict(rows) == newest
    assert twice == []
    print(f"{many} deliveries, {len(rows)} conversations, {kills} kills")
    assert kills >= (8 if long else 2)


def test_the_first_command_and_the_first_document_hold_unchanged(start) -> None:
    need(shutil.which("curl") and shutil.which("bash"), "curl and bash", "apt-get install curl bash")
    server = start()
    address = server.person("POST", "/api/omi/address").json()["addresses"]["memory"]
    command = CURL.replace("https://your-server-url.com/chatgpt/webhook/memory", address)
    for _ in range(2):
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
        assert json.loads(done.stdout) == {"status": "success", "message": "Memory data received and logged"}
    key = server.make_client("writer")
    plain = CURL.replace("https://your-server-url.com", server.public) + f" -H 'Authorization: Bearer {key}'"
    done = subprocess.run(["bash", "-c", plain], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
    assert json.loads(done.stdout)["status"] == "success"
    (question,) = server.person("GET", "/api/approvals").json()
    server.person("POST", f"/api/approvals/{question['id']}/approve", json={})
    schemas, headers = yaml.safe_load(FIRST_SCHEMA), {"Authorization": f"Bearer {key}"}
    listed = loopback.get(f"{server.public}/api/conversations", headers=headers).json()
    assert len(listed["conversations"]) == 1
    url = f"{server.public}/api/conversations/{listed['conversations'][0]['id']}"
    whole = loopback.get(url, headers=headers).json()
    for answer, schema in zip((listed, whole), schemas.values(), strict=True):
        assert list(Draft202012Validator(require_all(schema)).iter_errors(answer)) == []


def require_all(schema: dict) -> dict:
    """A schema in which nothing may be left out."""
    if "properties" in schema:
        inner = {name: require_all(one) for name, one in schema["properties"].items()}
        return schema | {"properties": inner, "required": list(inner)}
    return schema | {"items": require_all(schema["items"])} if "items" in schema else schema


def test_no_forged_signature_passes(long: bool) -> None:
    dice, now, body = random.Random(5), 1_760_000_000, b'{"id":"c1","structured":{"title":"x"}}'
    right = f"t={now},v1={sign_v1(SECRET, now, 'me', body)}"
    letter = Letter(body, query=b"uid=me")
    assert is_signed(right, [SECRET], letter, now, 300)
    for _ in range(100_000 if long else 5_000):
        header, told = forge(right, letter, dice)
        assert (header, told) == (right, letter) or not is_signed(header, [SECRET], told, now, 300), (header, told)


def forge(header: str, letter: Letter, dice: random.Random) -> tuple[str, Letter]:
    """Change one thing about a signed delivery."""
    place, char = dice.randrange(len(header)), dice.choice(string.hexdigits + ",=tv ")
    kind = dice.randrange(5)
    if kind == 0:
        return header[:place] + char + header[place + 1 :], letter
    if kind == 1:
        return header, Letter(letter.body + char.encode(), query=letter.query)
    if kind == 2:
        return header, Letter(letter.body, query=letter.query + char.encode())
    if kind == 3:
        return header[:place] + header[place + 1 :], letter
    made = hmac.new(dice.randbytes(8), letter.body, "sha256").hexdigest()
    return f"{header.partition(',')[0]},v{dice.randint(1, 2)}={made}", letter


@pytest.mark.timeout(600)
def test_a_replay_has_no_effect(start, long: bool) -> None:
    server = start()
    path, now = prepare(server), int(time.time())
    bodies = [json.dumps({"id": "c1", "structured": {"title": title}}).encode() for title in ("old", "new")]
    signed = [{"X-Omi-Signature": f"t={now},v1={sign_v1(SECRET, now, 'me', body)}"} for body in bodies]
    with loopback.Client(base_url=server.public, timeout=20) as http:
        for body, headers in zip(bodies, signed, strict=True):
            assert http.post(f"{path}?uid=me", content=body, headers=headers).status_code == 200
        for number in range(1_000 if long else 50):
            headers = {**signed[0], "X-Omi-Delivery": f"another-{number}"}
            assert http.post(f"{path}?uid=me", content=bodies[0], headers=headers).status_code == 200
            assert http.post(f"{path}?uid=other", content=bodies[0], headers=headers).status_code == 401
    titles = [one["title"] for one in server.person("GET", "/api/omi/conversations").json()["conversations"]]
    assert titles == ["new", ""]
