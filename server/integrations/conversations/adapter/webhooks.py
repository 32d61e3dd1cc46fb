"""Verification of OpenAI's webhooks by its own client."""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from server.core.errors import InvalidInput, NotAuthenticated

if TYPE_CHECKING:
    from openai.resources.webhooks.webhooks import AsyncWebhooks

UNSIGNED = "This delivery has no signature of OpenAI that fits."
NO_EVENT = "This delivery holds no event."


def verify_webhook(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Verify a delivery. Blocks for the import at first use. Raises NotAuthenticated."""
    try:
        make_verifier().verify_signature(body, headers, secret=secret)
    except ValueError as error:  # a header that is missing or malformed, another signature, or a body that is no text
        raise NotAuthenticated(UNSIGNED) from error


def read_event(body: bytes) -> Mapping[str, Any]:
    """Read the event of a delivery. Raises InvalidInput."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not isinstance(event.get("data"), dict):
        raise InvalidInput(NO_EVENT)
    return event


@cache
def make_verifier() -> "AsyncWebhooks":
    """Create the part of the client that verifies; it sends nothing."""
    import httpx2
    import openai

    transport = httpx2.MockTransport(lambda _: httpx2.Response(404))  # so that no certificates are read
    return openai.AsyncOpenAI(api_key="none", http_client=httpx2.AsyncClient(transport=transport)).webhooks
