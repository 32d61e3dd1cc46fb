import asyncio

import pytest

from server.outbound.webhooks.outbox import MOST_DEPTH, current_depth
from server.public.webhook_depth import WebhookDepthMiddleware


@pytest.mark.parametrize(
    ("headers", "depth"),
    [
        ([], 0),
        ([(b"deskhand-webhook-depth", b"2")], 2),
        ([(b"deskhand-webhook-depth", b"x")], MOST_DEPTH),
        ([(b"deskhand-webhook-depth", b"-1")], MOST_DEPTH),
        ([(b"deskhand-webhook-depth", b"9" * 5000)], MOST_DEPTH),
        ([(b"deskhand-webhook-depth", "²".encode())], MOST_DEPTH),
    ],
)
def test_depth_is_that_of_the_request_while_it_runs(headers, depth):
    seen = []

    async def app(_scope, _receive, _send) -> None:
        seen.append(current_depth.get())

    async def main() -> None:
        await WebhookDepthMiddleware(app)({"type": "http", "headers": headers}, None, None)
        assert current_depth.get() == 0

    asyncio.run(main())
    assert seen == [depth]


def test_scope_without_headers_passes():
    async def app(scope, _receive, _send) -> None:
        assert scope["type"] == "lifespan"

    asyncio.run(WebhookDepthMiddleware(app)({"type": "lifespan"}, None, None))
