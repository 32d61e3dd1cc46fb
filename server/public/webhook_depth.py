"""Depth of webhooks that lead to each other: a request that one of ours has caused says how many came before."""

from starlette.types import ASGIApp, Receive, Scope, Send

from server.outbound.webhooks.outbox import MOST_DEPTH, current_depth
from server.outbound.webhooks.sender import DEPTH_HEADER

HEADER = DEPTH_HEADER.lower().encode()


class WebhookDepthMiddleware:
    """Sets the depth of the events that a request causes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        value = next((value for name, value in scope.get("headers", ()) if name == HEADER), None)
        if value is None:
            await self._app(scope, receive, send)
            return
        token = current_depth.set(int(value) if value.isdigit() and len(value) < 4 else MOST_DEPTH)
        try:
            await self._app(scope, receive, send)
        finally:
            current_depth.reset(token)
