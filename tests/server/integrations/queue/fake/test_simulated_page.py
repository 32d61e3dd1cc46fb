"""The fake page, used by HTTP."""

import httpx2
import pytest

from server.integrations.queue.fake.simulated_page import Refused, SimulatedPage

REQUEST = {"message": "Hello", "chat_id": None, "response_type": "auto", "thinking_time": "standard"}


@pytest.fixture
async def page(fake):
    async with httpx2.AsyncClient(timeout=30) as http:
        yield SimulatedPage(http, fake.origin)


async def test_message_is_sent_and_found_with_its_answer(fake, page):
    events = [event async for event in page.send(REQUEST)]
    chat_id = events[0]["chat_id"]
    assert (await page.find(chat_id, "Hello"))["response"] == events[-2]["text"]
    assert await page.find(chat_id, "Other") == {"state": "not_sent"}
    assert await page.find(None, "Hello") == {"state": "not_sent"}
    assert await page.find("unknown", "Hello") == {"state": "not_sent"}
    assert fake.account.count_sent() == {"Hello": 1}


@pytest.mark.parametrize(
    ("kind", "name", "sent"),
    [("limit", "limit", False), ("challenge", "challenge", False), ("lost_answer", "page_error", True)],
)
async def test_refusal_says_whether_the_message_may_have_arrived(fake, page, kind, name, sent):
    fake.order(kind)
    with pytest.raises(Refused) as refused:
        [event async for event in page.send(REQUEST)]
    assert (refused.value.name, refused.value.sent) == (name, sent)
    assert bool(fake.account.count_sent()) is sent


async def test_refused_file_is_reported_by_name(fake, page):
    fake.behave(upload_refused=True)
    described = [{"name": "a.txt", "content_type": "text/plain", "size": 1}]
    with pytest.raises(Refused) as refused:
        [event async for event in page.send(REQUEST | {"attachments": described}, [b"a"])]
    assert (refused.value.name, refused.value.sent) == ("attachments_refused", False)
    assert fake.account.sent == []


async def test_unknown_chat_is_refused_by_name(page):
    with pytest.raises(Refused, match="did not open") as refused:
        [event async for event in page.send(REQUEST | {"chat_id": "unknown"})]
    assert refused.value.name == "chat_not_found"
