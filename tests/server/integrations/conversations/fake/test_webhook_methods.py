"""The fake's webhooks."""

import asyncio
import json

import openai
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from server.integrations.conversations.fake import FakeOpenAI
from tests.server.listening import listening

EVENTS = ["response.completed"]


def test_endpoint_is_kept_until_it_is_removed(client):
    made = client.webhooks.create(name="Deskhand", url="https://a.example/x", event_types=EVENTS)
    assert made.signing_secret.startswith("whsec_")
    assert client.webhooks.update(made.id, url="https://b.example/x").url == "https://b.example/x"
    assert [endpoint.url for endpoint in client.webhooks.list()] == ["https://b.example/x"]
    assert client.webhooks.retrieve(made.id).signing_secret_hint.endswith(made.signing_secret[-4:])
    assert client.webhooks.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.webhooks.retrieve(made.id)


def test_address_has_to_be_https(client):
    with pytest.raises(openai.BadRequestError):
        client.webhooks.create(name="Deskhand", url="http://a.example/x", event_types=EVENTS)


async def test_delivery_is_signed_and_repeated_until_it_is_taken(client):
    arrived, statuses = [], [500, 200]

    async def receive(request):
        arrived.append((await request.body(), dict(request.headers)))
        return Response(status_code=statuses.pop(0))

    fake = FakeOpenAI()
    fake.webhooks.is_https_required = False
    async with listening(Starlette(routes=[Route("/x", receive, methods=["POST"])])) as listener, fake.serving():
        key = next(iter(fake.account.keys))
        async with openai.AsyncOpenAI(api_key=key, base_url=fake.base_url) as own:
            made = await own.webhooks.create(name="x", url=f"http://127.0.0.1:{listener.port}/x", event_types=EVENTS)
            response = await own.responses.create(model="gpt-6-luna", input="Hello", background=True)
            async with asyncio.timeout(60):
                while len(arrived) < 2:
                    await asyncio.sleep(0.01)
    body, headers = arrived[1]
    assert arrived[0][1]["webhook-id"] == headers["webhook-id"]
    assert client.webhooks.unwrap(body, headers, secret=made.signing_secret).type == "response.completed"
    assert json.loads(body)["data"] == {"id": response.id}
