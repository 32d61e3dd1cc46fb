"""A running fake OpenAI, and OpenAI's own client, which holds every answer against its types."""

from collections.abc import Iterator

import openai
import pytest

from server.integrations.conversations.fake import KEY, FakeOpenAI, running_fake_openai


@pytest.fixture(scope="module")
def running() -> Iterator[FakeOpenAI]:
    with running_fake_openai(FakeOpenAI(controls=True)) as fake:
        yield fake


@pytest.fixture
def fake(running: FakeOpenAI) -> FakeOpenAI:
    """The fake of the module, without faults and requests of other tests."""
    running.faults.clear()
    running.requests.clear()
    return running


@pytest.fixture
def client(fake: FakeOpenAI) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=KEY, base_url=fake.base_url, max_retries=0, _strict_response_validation=True) as client:
        yield client
