"""OpenAI's own clients do their ordinary work against /v1, each in a process of its own; streams end cleanly at a stop."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from server.integrations.conversations.fake import KEY, FakeOpenAI, Reply, running_fake_openai
from tests.checks.conftest import STOPPING_SECONDS, Node, Process, starting

TALK = ["create_chat_completion", "create_model_response"]
STOPS = "Deskhand stops, so this answer is not complete."
LIMIT = 30  # seconds that a condition may take on a busy machine
MODEL = "gpt-6-luna"


@dataclass
class Desk:
    """Deskhand as a process, with the OpenAI that it uses."""

    server: Process
    fake: FakeOpenAI
    key: str

    @property
    def url(self) -> str:
        return f"{self.server.own}/v1"

    def rows(self, operation: str) -> list[dict[str, Any]]:
        activity = self.server.person("GET", "/api/activity?limit=50").json()
        return [entry for entry in activity if entry["operation"] == operation]


def until(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds, and return what it answers."""
    end = time.monotonic() + LIMIT
    while not (result := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_fake_openai() as fake, starting(tmp_path_factory.mktemp("clients") / "data") as run:
        server = run(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=fake.base_url)
        yield Desk(server, fake, server.make_client("program", allow=TALK, rate="none"))


@pytest.fixture
def slow_desk(desk: Desk) -> Iterator[Desk]:
    """The same with answers that take half a minute."""
    desk.fake.account.piece_seconds = 0.1
    desk.fake.account.language_model.scripted += [Reply("word " * 300) for _ in range(3)]
    yield desk
    desk.fake.account.piece_seconds = 0
    desk.fake.account.language_model.scripted.clear()


@pytest.fixture
def client(slow_desk: Desk) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=slow_desk.key, base_url=slow_desk.url) as client:
        yield client


def test_node_client_does_its_ordinary_work(desk: Desk, node: Node) -> None:
    done = node.run("openai.mjs", desk.url, desk.key, "work", MODEL)
    assert done.returncode == 0, done.stderr
    steps = {step.pop("step"): step for step in map(json.loads, done.stdout.splitlines())}
    assert MODEL in steps["models"]["models"]
    assert steps["completion"]["text"]
    assert steps["completion"]["tokens"] > 0
    assert steps["streamed completion"]["text"]
    assert steps["streamed completion"]["pieces"] > 2
    assert steps["streamed function"]["name"] == "find_weather"
    assert isinstance(json.loads(steps["streamed function"]["arguments"]), dict)
    assert steps["response"]["text"]
    assert steps["streamed response"]["text"]
    assert {"response.created", "response.output_text.delta", "response.completed"} <= set(steps["streamed response"]["kinds"])
    wrong = {"error": "AuthenticationError", "status": 401, "code": "invalid_api_key", "type": "authentication_error"}
    assert steps["wrong key"].items() >= wrong.items()
    assert "This key is not known here" in steps["wrong key"]["message"]
    assert steps["no messages"].items() >= {"error": "BadRequestError", "status": 400, "param": "messages"}.items()
    assert steps["unknown path"].items() >= {"error": "NotFoundError", "status": 404, "type": "invalid_request_error"}.items()


def test_stream_arrives_as_it_is_made_and_leaving_ends_it_at_openai(slow_desk: Desk, client: openai.OpenAI) -> None:
    began = time.monotonic()
    messages: Any = [{"role": "user", "content": "Count slowly."}]
    stream = client.chat.completions.create(model=MODEL, messages=messages, stream=True)
    for number, _ in enumerate(stream):
        if number == 3:
            break
    assert time.monotonic() - began < 20, "the whole answer takes half a minute"
    assert slow_desk.rows("create_chat_completion")[0]["outcome"] == "running"
    stream.close()
    row = until(lambda: next((row for row in slow_desk.rows("create_chat_completion")[:1] if row["status"]), None))
    assert (row["outcome"], row["status"]) == ("failed", 499)
    chat = slow_desk.server.person("GET", "/api/chats?limit=1").json()["chats"][0]
    assert (chat["source"], chat["message_count"]) == ("api", 2)


def test_streams_end_with_our_sentence_when_deskhand_stops(slow_desk: Desk, client: openai.OpenAI, node: Node) -> None:
    errors, begun = list[Exception](), threading.Semaphore(0)

    def read(start: Callable[[], Any]) -> None:
        try:
            for number, _ in enumerate(start()):
                if number == 3:
                    begun.release()
        except Exception as error:  # noqa: BLE001, looked at below
            errors.append(error)

    messages: Any = [{"role": "user", "content": "Count slowly."}]
    starts: list[Callable[[], Any]] = [
        lambda: client.chat.completions.create(model=MODEL, messages=messages, stream=True),
        lambda: client.responses.create(model=MODEL, input="Count slowly.", stream=True),
    ]
    threads = [threading.Thread(target=read, args=(start,)) for start in starts]
    with node.talk("openai.mjs", slow_desk.url, slow_desk.key, "stream", MODEL) as script:
        assert script.stdout
        assert json.loads(script.stdout.readline())["step"] == "chunk"
        for thread in threads:
            thread.start()
        assert all(begun.acquire(timeout=LIMIT) for _ in threads)
        slow_desk.server.process.send_signal(signal.SIGTERM)
        last = [json.loads(line) for line in script.stdout][-1]
        for thread in threads:
            thread.join(LIMIT)
    assert slow_desk.server.process.wait(STOPPING_SECONDS) == 0
    assert (last["step"], last["error"]) == ("error", "APIError")
    assert STOPS in last["message"]
    assert [type(error) for error in errors] == [openai.APIError] * 2
    assert all(STOPS in str(error) for error in errors)
