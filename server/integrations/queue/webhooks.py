"""Webhooks of results: the body of the queue's API, for the address that a prompt or its client named."""

import base64
import json
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection

from server.integrations.queue.models import Prompt
from server.integrations.queue.store import clients
from server.outbound.webhooks.outbox import Outbox, current_depth
from server.storage.secrets import Secrets

TYPE = "queue.request"  # for the log of deliveries
SECRET_NAME = "queue/webhook"  # noqa: S105, the name of one


async def make_secret(keyring: Secrets) -> None:
    """Make the secret that signs webhooks, unless there is one."""
    if await keyring.get(SECRET_NAME) is None:
        await keyring.set(SECRET_NAME, f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}")


def send_webhooks(connection: Connection, outbox: Outbox, ended: Sequence[Prompt]) -> None:
    """Store the webhooks of prompts that have just ended, in the transaction of their results."""
    urls = clients.read_webhook_urls(connection, {prompt.client.id for prompt in ended})
    for prompt in ended:
        url = prompt.webhook_url or urls.get(prompt.client.id)
        if url:
            send_webhook(connection, outbox, prompt, url)


def send_webhook(connection: Connection, outbox: Outbox, prompt: Prompt, url: str) -> None:
    """Store one. It counts as caused by the webhooks that led to the prompt."""
    depth = current_depth.set(prompt.webhook_depth)
    try:
        outbox.emit_to(
            connection, url, write_body(prompt), type=TYPE, secret_name=SECRET_NAME, message_id=make_message_id(prompt)
        )
    finally:
        current_depth.reset(depth)


def make_message_id(prompt: Prompt) -> str:
    """Make the webhook-id: one for each end of a prompt, so that a repetition is recognised."""
    return f"msg_{prompt.id}" + (f"_{prompt.ends}" if prompt.ends > 1 else "")


def write_body(prompt: Prompt) -> bytes:
    """Write the seven fields."""
    body = {
        "request_id": prompt.id,
        "status": prompt.status,
        "message": prompt.message,
        "response": prompt.response,
        "error": prompt.error_message,
        "response_type": prompt.response_type,
        "thinking_time": prompt.thinking_time,
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
