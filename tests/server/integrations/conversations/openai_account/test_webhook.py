"""The registration of our address at OpenAI."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.openai_account.webhook import EVENTS, OpenAIWebhook, Received
from server.sdk.webhook import DeliveryRecord, WebhookDelivery, WebhookKind
from tests.server.integrations.conversations.desk import Desk

PUBLIC = "https://desk.example.org"


@pytest.fixture
def webhook(desk):
    desk.context.address.set_public_url(PUBLIC)
    return OpenAIWebhook(desk.context, desk.openai)


def allow(desk, *, allowed=True):
    desk.run(desk.openai.change(webhook_allowed=allowed))


def registered(desk):
    return [(hook["url"], tuple(hook["event_types"])) for hook in desk.fake.account.webhooks.values()]


def test_address_is_registered_only_if_the_person_allows_it(desk, webhook):
    assert desk.run(webhook.register())
    assert registered(desk) == []
    allow(desk)
    assert desk.run(webhook.register())
    assert registered(desk) == [(f"{PUBLIC}/webhook/openai", EVENTS)]
    assert desk.run(desk.context.secrets.get("openai_webhook/signing")).startswith("whsec_")


def test_second_look_registers_nothing_more(desk, webhook):
    allow(desk)
    desk.run(webhook.register())
    desk.fake.requests.clear()
    desk.run(webhook.register())
    assert not desk.fake.requests.arrived


def test_registration_follows_the_public_address(desk, webhook):
    allow(desk)
    desk.run(webhook.register())
    desk.context.address.set_public_url(None)
    desk.run(webhook.register())
    assert len(registered(desk)) == 1  # the tunnel may come back with the same address
    desk.context.address.set_public_url("https://other.example.org")
    desk.run(webhook.register())
    assert registered(desk) == [("https://other.example.org/webhook/openai", EVENTS)]


def test_registration_that_is_gone_at_openai_is_made_anew(desk, webhook):
    allow(desk)
    desk.run(webhook.register())
    desk.fake.account.webhooks.clear()
    desk.context.address.set_public_url("https://other.example.org")
    desk.run(webhook.register())
    assert len(registered(desk)) == 1


def test_registration_is_removed_when_it_is_switched_off(desk, webhook):
    allow(desk)
    desk.run(webhook.register())
    allow(desk, allowed=False)
    desk.run(webhook.register())
    assert registered(desk) == []
    assert desk.run(desk.context.secrets.get("openai_webhook/signing")) is None
    assert desk.openai.settings.webhook.id == ""


@pytest.mark.parametrize("url", [None, "http://desk.example.org", "https://127.0.0.1:8000"])
def test_address_that_openai_cannot_reach_is_not_registered(desk, webhook, url):
    desk.context.address.set_public_url(url)
    allow(desk)
    assert desk.run(webhook.register())
    assert registered(desk) == []


def test_other_service_gets_no_address(desk, webhook):
    allow(desk)
    desk.run(desk.openai.change(base_url=desk.fake.base_url))
    assert webhook.find_url() == ""


def test_failure_is_a_sentence_and_is_tried_again(desk, webhook):
    allow(desk)
    desk.fake.fail_next(403, path="webhook_endpoints", message="No webhooks for this project.")
    assert not desk.run(webhook.register())
    assert webhook.problem == "The webhook could not be registered at OpenAI: OpenAI answers: No webhooks for this project."
    assert desk.run(webhook.register())
    assert webhook.problem is None


def test_change_of_the_connection_or_the_address_is_noticed(desk, webhook):
    async def follow():
        running = asyncio.create_task(webhook.run())
        await asyncio.sleep(0)
        await desk.openai.change(webhook_allowed=True)
        await until(lambda: bool(registered(desk)))
        desk.context.address.set_public_url("https://other.example.org")
        await until(lambda: registered(desk)[0][0].startswith("https://other"))
        running.cancel()
        await asyncio.wait([running])

    desk.run(follow())
    assert desk.context.address.listeners == []


@dataclass
class Log:
    """The activity, as webhooks use it."""

    desk: Desk
    stored: list[Received] = field(default_factory=list)

    async def store(self, _, write):
        result = await self.desk.context.database.write(write)
        self.stored.append(result)
        return result

    async def refuse(self, _, error):
        raise error


def test_each_ended_response_is_reported_once(desk, webhook):
    ended, log = [], Log(desk)
    webhook.on_end = ended.append

    def deliver(event_id, kind="response.completed", data=None):
        body = json.dumps({"type": kind, "data": {"id": "resp_1"} if data is None else data}).encode()
        record = DeliveryRecord(WebhookKind("OpenAI", "openai_event", "an event", 1000), len(body), "")
        desk.run(webhook.take(WebhookDelivery(body, None, record, log), event_id))

    deliver("evt_1")
    deliver("evt_1")
    deliver("evt_2", "response.failed")
    deliver("evt_3", "batch.completed")
    assert ended == ["resp_1", "resp_1"]
    assert [result.is_duplicate for result in log.stored] == [False, True, False, False]
    with pytest.raises(InvalidInput):
        deliver("evt_4", data={"id": 5})


async def until(condition: Callable[[], bool], pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await pause(0.01)
