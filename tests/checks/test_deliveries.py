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
from dataclasses import dataclass, field, replace

import httpx2
import pytest
import yaml
from jsonschema import Draft202012Validator

from server.integrations.omi.signature import SIGNATURE, is_signed, sign_v1
from server.sdk.webhook_auth import SignedRequest
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
    """Delivers to the server that runs now, and tries again until it is accepted, as OMI does."""

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
    deliveries = []
    for number in range(many // 2):
        for version in range(1, dice.choice((2, 2, 3))):
            changed = f"2026-11-21T00:00:{version:02}+00:00" if version > 1 else None
            words = {"title": f"{number} as of {version}", "overview": "", "emoji": "", "category": "work"}
            memory = {"id": f"c{number}", "created_at": "2026-11-20T00:00:00Z", "updated_at": changed, "structured": words}
            key = str(uuid.UUID(int=dice.getrandbits(128)))
            deliveries.append((key, memory))
    while len(deliveries) < many:
        key, memory = dice.choice(deliveries)
        deliveries.append((dice.choice((key, f"{key}-again")), memory))
    dice.shuffle(deliveries)
    return iter(deliveries)


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
def test_conversation_is_one_row_in_its_newest_state_despite_kills(start, long: bool) -> None:
    many, dice = 10_000 if long else 200, random.Random(11)
    deliveries = list(make_deliveries(many, dice))
    newest: dict[str, str] = {}
    for _, memory in sorted(deliveries, key=lambda item: item[1]["updated_at"] or ""):
        newest[memory["id"]] = memory["structured"]["title"]
    server = start()
    http, kills = loopback.Client(timeout=20), 0
    sender = Sender(prepare(server), http, server.public)
    with http, ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(sender.deliver, *item) for item in deliveries]
        while sender.taken < many and not any(future.done() and future.exception() for future in sent):
            sender.wait_for(sender.taken + dice.randint(*((0, 1_000) if long else (40, 100))), seconds=10)
            server.kill()
            kills += 1
            server = start()
            sender.public = server.public
        for future in sent:
            future.result()
    server.kill()
    with sqlite3.connect(server.data / "deskhand.db") as database:
        rows = database.execute("SELECT id, title FROM omi_conversation WHERE uid = 'me' AND id <> 'first'").fetchall()
        twice = database.execute("SELECT key FROM omi_delivery GROUP BY uid, kind, key HAVING count(*) > 1").fetchall()
        (stored,) = database.execute("SELECT count(*) FROM omi_delivery WHERE kind = 'memory'").fetchone()
        records = database.execute("SELECT arguments FROM activity WHERE operation = 'omi_memory'").fetchall()
    database.close()
    assert len(rows) == len(newest)
    assert dict(rows) == newest
    assert twice == []
    assert sum(json.loads(contents).get("deliveries", 1) for (contents,) in records) >= max(stored, sender.taken + 1)
    print(f"{many} deliveries, {len(rows)} conversations, {kills} kills")
    assert kills >= (8 if long else 2)


def test_seed_command_and_seed_schema_still_work(start) -> None:
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
    """Make every property of a schema required."""
    if "properties" in schema:
        inner = {name: require_all(value) for name, value in schema["properties"].items()}
        return schema | {"properties": inner, "required": list(inner)}
    return schema | {"items": require_all(schema["items"])} if "items" in schema else schema


def test_forged_signature_is_refused(long: bool) -> None:
    dice, now, body = random.Random(5), 1_760_000_000, b'{"id":"c1","structured":{"title":"x"}}'
    right = f"t={now},v1={sign_v1(SECRET, now, 'me', body)}"
    request = SignedRequest(body, query=b"uid=me", headers={SIGNATURE: right})
    assert is_signed(request, [SECRET])
    for _ in range(100_000 if long else 5_000):
        forged = forge(request, dice)
        assert forged == request or not is_signed(forged, [SECRET]), forged


def forge(request: SignedRequest, dice: random.Random) -> SignedRequest:
    """Change one thing about a signed delivery."""
    header = request.headers[SIGNATURE]
    place, char = dice.randrange(len(header)), dice.choice(string.hexdigits + ",=tv ")
    kind = dice.randrange(5)
    if kind == 0:
        return replace(request, headers={SIGNATURE: header[:place] + char + header[place + 1 :]})
    if kind == 1:
        return replace(request, body=request.body + char.encode())
    if kind == 2:
        return replace(request, query=request.query + char.encode())
    if kind == 3:
        return replace(request, headers={SIGNATURE: header[:place] + header[place + 1 :]})
    digest = hmac.new(dice.randbytes(8), request.body, "sha256").hexdigest()
    return replace(request, headers={SIGNATURE: f"{header.partition(',')[0]},v{dice.randint(1, 2)}={digest}"})


@pytest.mark.timeout(600)
def test_replay_has_no_effect(start, long: bool) -> None:
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
    titles = [item["title"] for item in server.person("GET", "/api/omi/conversations").json()["conversations"]]
    assert titles == ["new"]  # what `prepare` sent has no content
