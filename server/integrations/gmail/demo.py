"""Demo mode: Google's stand-in runs in this program, and both of its accounts are signed in.

With DESKHAND_DEMO_GOOGLE=own nothing is started or signed in here: the settings point to a stand-in that runs elsewhere on this
computer (`python -m server.integrations.gmail.fake`) and so outlives the program, for whoever wants to see what a kill does.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from server.integrations.gmail.accounts.accounts import SECTION, Accounts
from server.integrations.gmail.accounts.session import REQUESTED
from server.integrations.gmail.accounts.sign_in import make_credentials
from server.integrations.gmail.adapter.google import Google, Grant
from server.integrations.gmail.models import Endpoints, GmailSettings
from server.sdk.context import Context

TOKEN_SECONDS = 3599.0  # as the stand-in's tokens live


@asynccontextmanager
async def serve_fake(context: Context) -> AsyncIterator[None]:
    """Serve the stand-in on loopback while the block runs, and point the settings there."""
    if os.environ.get("DESKHAND_DEMO_GOOGLE") == "own":
        yield
        return
    from server.integrations.gmail.fake import FakeGoogle

    fake = await asyncio.to_thread(FakeGoogle, context.clock)
    async with fake.serving() as address:
        endpoints = Endpoints(
            api=address, sign_in=f"{address}/o/oauth2/auth", token=f"{address}/token", revoke=f"{address}/revoke"
        )
        settings = context.settings.read(SECTION, GmailSettings)
        await context.settings.write(SECTION, settings.model_copy(update={"endpoints": endpoints, "accounts": []}))
        await sign_in_all(
            context, fake.client_secrets()["installed"], [fake.grant(account, REQUESTED) for account in fake.accounts]
        )
        yield


async def sign_in_all(context: Context, client: dict[str, str], grants: list[dict[str, Any]]) -> None:
    """Put the stand-in's accounts where signing in puts accounts."""
    accounts = Accounts(context, Google())
    try:
        await accounts.keep_client(make_credentials(client["client_id"], client["client_secret"]))
        for issued in grants:
            grant = Grant(issued["token"], issued["refresh_token"], TOKEN_SECONDS, tuple(issued["scopes"]))
            await accounts.remember(issued["account"], grant)
    finally:
        accounts.close()
