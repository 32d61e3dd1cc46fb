"""Demo mode: a fake OpenAI runs in this program, and the key for it is entered.

With DESKHAND_DEMO_OPENAI=quiet there is no history; with DESKHAND_DEMO_OPENAI=off nothing is served or set here.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.integrations.conversations.openai_account.api_key import SECRET, StoredKey
from server.integrations.conversations.openai_account.base_urls import read_origin
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.sdk.context import Context

PIECE_SECONDS, BACKGROUND_SECONDS = 0.02, 2.0  # as a person likes to watch it


@asynccontextmanager
async def serve_fake(context: Context) -> AsyncIterator[None]:
    """Serve the fake on loopback while the block runs, and point the settings there."""
    if os.environ.get("DESKHAND_DEMO_OPENAI") == "off":
        yield
        return
    from server.integrations.conversations.fake import FakeOpenAI

    fake = FakeOpenAI(controls=True)
    fake.account.piece_seconds, fake.account.background_seconds = PIECE_SECONDS, BACKGROUND_SECONDS
    fake.webhooks.is_https_required = False  # it delivers to this computer
    async with fake.serving() as url:
        key = StoredKey(key=next(iter(fake.account.keys)), origin=read_origin(url))
        await context.secrets.set(SECRET, key.model_dump_json())
        await OpenAIConnection(context).store(endpoint=url, base_url="")
        yield
