"""The secret that signs the webhooks of results."""

import base64
import secrets

from server.integrations.queue.store.webhooks import SECRET_NAME
from server.storage.secrets import Secrets


async def make_secret(keyring: Secrets) -> None:
    """Make the secret that signs webhooks, unless there is one."""
    if await keyring.get(SECRET_NAME) is None:
        await keyring.set(SECRET_NAME, f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}")
