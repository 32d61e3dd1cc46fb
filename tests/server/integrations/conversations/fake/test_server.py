"""Faults of the fake OpenAI."""

import httpx2
import openai
import pytest

HELLO = {"model": "gpt-6-luna", "input": "Hello"}


def test_dropped_request_has_no_effect_unless_it_is_ordered(fake, client):
    for after in (False, True):
        count = len(fake.account.responses)
        fake.drop_next(path="/v1/responses", after=after)
        with pytest.raises(openai.APIConnectionError):
            client.responses.create(**HELLO)
        assert len(fake.account.responses) - count == int(after)
    assert [arrived.status for arrived in fake.requests.arrived] == [0, 0]


def test_stream_is_cut_after_so_many_events(fake, client):
    fake.cut_next(3)
    events, stream = [], client.responses.create(**HELLO, stream=True)
    with pytest.raises(openai.APIConnectionError):
        events.extend(event.type for event in stream)
    assert events == ["response.created", "response.in_progress", "response.output_item.added"]


def test_slow_request_takes_its_time(fake, client):
    fake.fail_next(0, seconds=5)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.2).models.list()


def test_faults_are_ordered_from_another_process(fake, client):
    base = fake.base_url.removesuffix("/v1")
    assert httpx2.post(f"{base}/fake/faults", json={"status": 500, "path": "models"}).status_code == 204
    with pytest.raises(openai.InternalServerError):
        client.models.list()
    httpx2.post(f"{base}/fake/faults", json={"status": 500})
    httpx2.delete(f"{base}/fake/faults")
    assert client.models.list().data
    assert [arrived["status"] for arrived in httpx2.get(f"{base}/fake/requests").json()] == [500, 200]
