"""kill -9 at random moments while messages go to OpenAI: none is sent twice or lost, and conversations keep their order."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests import loopback
from tests.checks.chat_server import ALLOWED, ChatServers, chat_servers
from tests.checks.conftest import Process

CHATS = 4
SETTLED = {"done", "failed", "uncertain"}


@dataclass
class Writer:
    """Writes numbered messages into one conversation, and remembers which were acknowledged. `key`: as a client."""

    chat: str
    name: str
    key: str = ""
    acknowledged: set[str] = field(default_factory=set)

    def write(self, server: Process, number: int) -> None:
        """Send one message once; whether it arrived is not known if the server is killed meanwhile."""
        text = f"{self.name}-{number}"
        try:
            if self.key:
                headers = {"X-API-Key": self.key}
                path = f"{server.own}/api/v1/openai/conversations/{self.chat}/messages"
                answer = loopback.post(path, json={"message": text}, headers=headers, timeout=30)
            else:
                answer = server.person("POST", f"/api/chats/{self.chat}/messages", json={"text": text})
        except (httpx2.HTTPError, AssertionError):
            return
        if answer.status_code in {200, 201}:
            self.acknowledged.add(text)


def write_all(servers: ChatServers, writers: list[Writer], count: int, kills: int) -> Process:
    """Write messages into all conversations while servers are killed and started anew."""
    dice, current, over = random.Random(11), [servers.start()], threading.Event()

    def work(writer: Writer) -> None:
        for number in range(count):
            writer.write(current[0], number)
            over.wait(0.01)

    with ThreadPoolExecutor(len(writers)) as pool:
        working = [pool.submit(work, writer) for writer in writers]
        for _ in range(kills):
            over.wait(dice.uniform(0.1, 1.0))
            current[0].kill()
            current[0] = servers.start()
        for future in working:
            future.result()
    return current[0]


def read_settled(server: Process, chat: str) -> list[dict[str, Any]]:
    """Read a conversation once no answer is open."""
    limit = time.monotonic() + 120
    while True:
        messages: list[dict[str, Any]] = server.person("GET", f"/api/chats/{chat}").json()["messages"]
        if all(message["state"] in SETTLED for message in messages):
            return messages
        assert time.monotonic() < limit, [message for message in messages if message["state"] not in SETTLED]
        time.sleep(0.05)


@pytest.mark.timeout(1800)
def test_messages_are_sent_once_and_in_their_order_through_kills(start, tmp_path, long: bool) -> None:
    count, kills = (100, 20) if long else (6, 2)
    with chat_servers(start, tmp_path / "chats") as servers:
        servers.fake.account.piece_seconds, servers.fake.account.background_seconds = 0.002, 0.05
        first = servers.start()
        key = first.make_client("script", allow=ALLOWED, rate="none")
        ids = [first.person("POST", "/api/chats", json={"title": f"Chat {number}"}).json()["id"] for number in range(CHATS)]
        first.kill()
        writers = [Writer(chat, f"w{number}", key if number % 2 else "") for number, chat in enumerate(ids)]
        server = write_all(servers, writers, count, kills)
        for writer in writers:
            check(writer, read_settled(server, writer.chat))
        sent = [request.body["input"][-1]["content"] for request in servers.fake.requests.find("/v1/responses")]
        assert len(sent) == len(set(sent)), "a message was sent twice"
        for writer in writers:
            numbers = [int(text.rpartition("-")[2]) for text in sent if text.startswith(f"{writer.name}-")]
            assert numbers == sorted(numbers), "messages of a conversation were sent in another order"


def check(writer: Writer, messages: list[dict[str, Any]]) -> None:
    """Check that a conversation has what was acknowledged, in its order, each with an answer or a reason."""
    questions = [message for message in messages if message["role"] == "user"]
    texts = [message["text"] for message in questions]
    assert writer.acknowledged <= set(texts)
    numbers = [int(text.rpartition("-")[2]) for text in texts]
    assert numbers == sorted(set(numbers))
    answered = {message["parent_id"] for message in messages if message["role"] == "assistant"}
    assert {message["id"] for message in questions} <= answered
