"""Webhooks of results, for the address that a prompt or its client named. Stored in the transaction of the result."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from server.integrations.queue.models import Prompt
from server.integrations.queue.store.calls import Outbox

TYPE = "queue.request"  # for the log of deliveries
SECRET_NAME = "queue/webhook"  # noqa: S105, the name of one


def send_webhooks(connection: Connection, outbox: Outbox, ended: Sequence[Prompt]) -> None:
    """Store the webhooks of prompts that have just ended. They count as caused by the webhooks that led to the prompts."""
    for prompt in ended:
        if prompt.result_url:
            outbox.emit_to(
                connection,
                prompt.result_url,
                write_body(prompt),
                type=TYPE,
                secret_name=SECRET_NAME,
                message_id=make_message_id(prompt),
                depth=prompt.webhook_depth,
            )


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
