"""The log of requests."""


def test_requests_are_counted_with_body_and_headers(fake, client):
    client.responses.create(model="gpt-6-luna", input="Hello", extra_headers={"Idempotency-Key": "k1"})
    [arrived] = fake.requests.find("/v1/responses")
    assert (arrived.status, arrived.idempotency_key, arrived.body["input"]) == (200, "k1", "Hello")
    assert fake.requests.find("/v1/responses", "GET") == []
