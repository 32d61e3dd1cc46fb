import pytest

from server.core.errors import NotFound, Unavailable
from server.integrations.conversations.adapter.protocol import Answer, Uncertain
from server.integrations.conversations.live.polling import LONGEST_POLL, poll

pytestmark = pytest.mark.anyio
ANSWER = Answer(id="resp_1", text="Hi", model="m")


class Replies:
    """An API that gives these replies to each look, one after the other."""

    def __init__(self, *replies: Answer | Exception | None) -> None:
        self.replies, self.waited = list(replies), list[float]()

    async def retrieve_response(self, _: str) -> Answer | None:
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def wait(self, _: str, seconds: float) -> None:
        self.waited.append(seconds)


async def test_response_is_looked_at_less_and_less_often_until_it_has_ended() -> None:
    api = Replies(*[None] * 20, ANSWER)
    assert await poll(api, "resp_1", api.wait) is ANSWER
    assert api.waited == sorted(api.waited)
    assert api.waited[-1] == LONGEST_POLL


async def test_openai_out_of_reach_is_no_end() -> None:
    api = Replies(Unavailable(), Unavailable(), ANSWER)
    assert await poll(api, "resp_1", api.wait) is ANSWER


async def test_response_that_is_not_known_any_more_is_uncertain() -> None:
    api = Replies(None, NotFound())
    with pytest.raises(Uncertain):
        await poll(api, "resp_1", api.wait)
