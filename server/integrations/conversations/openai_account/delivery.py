"""Route that OpenAI delivers its webhooks to. It needs no client's key: deliveries are signed."""

from typing import Annotated

from fastapi import Request

from server.integrations.conversations.openai_account.signature import ID
from server.integrations.conversations.openai_account.webhook import PATH, TITLE
from server.integrations.conversations.service import ConversationsService
from server.sdk.services import provided
from server.sdk.webhook import WebhookKind, WebhookRouter, receive

KIND = WebhookKind(TITLE, "openai_event", "an event", 64 * 1024)
deliveries = WebhookRouter(KIND)


@deliveries.post(PATH)
async def receive_event(
    service: Annotated[ConversationsService, provided(ConversationsService)], request: Request
) -> dict[str, bool]:
    webhook = service.openai_webhook
    await webhook.prepare()
    async with receive(request, webhook.authenticator, KIND) as delivery:
        await webhook.take(delivery, request.headers[ID])
    return {"received": True}
