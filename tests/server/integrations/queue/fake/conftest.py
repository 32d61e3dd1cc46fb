"""A running fake ChatGPT."""

from collections.abc import Iterator

import httpx2
import pytest

from server.integrations.queue.fake import FakeChatGPT, running_fake_chatgpt


@pytest.fixture(scope="module")
def running() -> Iterator[FakeChatGPT]:
    with running_fake_chatgpt() as fake:
        yield fake


@pytest.fixture
def fake(running: FakeChatGPT) -> FakeChatGPT:
    """The fake of the module, as fast as it can be and without what other tests left there."""
    httpx2.delete(f"{running.origin}/fake/behaviour")
    running.behave(lag_ms=30, piece_ms=0)
    running.account.chats.clear()
    running.account.sent.clear()
    running.account.actions.clear()
    running.site.history_calls = 0
    return running


@pytest.fixture
def http(fake: FakeChatGPT) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=fake.origin) as http:
        yield http
