"""The sender of deliveries: its secret, and how often it may deliver."""

import os
from collections import deque
from collections.abc import Mapping

from server.core.errors import DeskhandError, TooManyRequests
from server.integrations.conversations.deliveries import signature
from server.integrations.conversations.live.outcomes import SECTION
from server.integrations.conversations.models import ConversationsSettings
from server.sdk.context import Context
from server.sdk.webhook_auth import WebhookAuthenticator

TITLE, PATH = "Conversations", "/webhook/chatgpt"
SECRET_VARIABLE = "WEBHOOK_SECRET"  # noqa: S105, a name
TOO_MANY = "Too many deliveries. Go on in {seconds} s."
MINUTE = 60.0


class DeliveryRate:
    """Counts the verified deliveries of the last minute."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._times: deque[float] = deque()

    def count(self) -> None:
        """Count a delivery. Raises TooManyRequests."""
        now, most = (
            self._context.clock.monotonic(),
            self._context.settings.read(SECTION, ConversationsSettings).deliveries_per_minute,
        )
        while self._times and now - self._times[0] >= MINUTE:
            self._times.popleft()
        if len(self._times) >= most:
            wait = max(MINUTE - (now - self._times[0]), 1)
            raise TooManyRequests(TOO_MANY.format(seconds=round(wait)), retry_after=wait)
        self._times.append(now)


def make_authenticator(context: Context) -> WebhookAuthenticator:
    """Make the authenticator of deliveries."""
    return WebhookAuthenticator(context, SECTION, TITLE, ConversationsSettings, signature)


async def take_secret(
    context: Context, authenticator: WebhookAuthenticator, environment: Mapping[str, str] | None = None
) -> None:
    """Take the secret in the environment, if there is one; the former one counts for another day. Not in demo mode."""
    secret = (os.environ if environment is None else environment).get(SECRET_VARIABLE, "").strip()
    if not secret or context.demo:
        return
    try:
        await authenticator.set_secret(secret)
    except DeskhandError:
        return  # without the keyring there is no secret, and deliveries are refused
