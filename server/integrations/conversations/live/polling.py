"""Looking at a response of OpenAI until it has ended."""

import asyncio
from collections.abc import Awaitable, Callable

from server.core.errors import InvalidInput, NotFound, TooManyRequests, Unavailable, UpstreamFailed
from server.integrations.conversations.adapter.protocol import Answer, OpenAIApi, Uncertain

FIRST_POLL, LONGEST_POLL, LONGEST_WAIT = 0.25, 5.0, 3600.0  # seconds: between looks at a response, and for it altogether
GONE = "OpenAI does not know this answer any more, so it is unknown what became of it."
Wait = Callable[[str, float], Awaitable[None]]  # until OpenAI says that a response has ended, at most so many seconds


async def poll(api: OpenAIApi, response_id: str, wait: Wait, longest: float = LONGEST_WAIT) -> Answer:
    """Look at a response until it has ended, at most for `longest` seconds. OpenAI may be out of reach meanwhile."""
    seconds, started = FIRST_POLL, asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() - started < longest:
        try:
            if answer := await api.retrieve_response(response_id):
                return answer
        except (NotFound, InvalidInput):
            raise Uncertain(GONE) from None
        except (Unavailable, TooManyRequests, UpstreamFailed):
            seconds = LONGEST_POLL
        await wait(response_id, seconds)
        seconds = min(seconds * 1.5, LONGEST_POLL)
    raise Uncertain(GONE)
