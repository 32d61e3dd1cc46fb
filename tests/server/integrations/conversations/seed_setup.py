"""A server that talks to the fake OpenAI, and a client that may do everything there."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from desktop.server_thread import BackgroundServer
from server.integrations.conversations.fake import KEY, FakeOpenAI, running_fake_openai
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.api_key import SECRET, StoredKey
from server.integrations.conversations.openai_account.base_urls import read_origin
from server.integrations.conversations.openai_account.settings import OpenAISettings
from server.lifecycle.program import Options, Program
from server.sdk.desktop import NoScreen
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests.server.conftest import Served

ALLOWED = ["create_chat", "send_message", "complete_chat", "sync_chats", "create_project"]


@dataclass
class Seed:
    """A server whose client may do everything, and its OpenAI."""

    served: Served
    fake: FakeOpenAI
    key: str

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return self.served.call(method, path, self.key, **options)


async def prepare(data: Path, fake: FakeOpenAI) -> None:
    settings = ConversationsSettings(openai=OpenAISettings(endpoint=fake.base_url), retry_seconds=0.05, deliveries_per_minute=60)
    await Settings(data).write("conversations", settings)
    await store_key(data, fake)


async def store_key(data: Path, fake: FakeOpenAI) -> None:
    """Store the key for a fake OpenAI, for one server alone, as the environment is that of all in this process."""
    key = StoredKey(key=KEY, origin=read_origin(fake.base_url))
    await Secrets(data, folder_only=True).set(SECRET, key.model_dump_json())


@contextmanager
def serving(data: Path) -> Iterator[Seed]:
    """Serve while the block runs."""
    data.mkdir(mode=0o700)
    with running_fake_openai() as fake:
        asyncio.run(prepare(data, fake))
        background = BackgroundServer(Program(Options(port=0, data_dir=data), NoScreen()))
        ready = background.start()
        try:
            served = Served(background, ready.public, ready.local, data)
            yield Seed(served, fake, served.make_client("script", allow=ALLOWED, rate="none"))
        finally:
            assert background.stop()
