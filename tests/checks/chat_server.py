"""A server whose OpenAI is the fake in the test's own process, which outlives it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.integrations.conversations.fake import KEY, FakeOpenAI, running_fake_openai
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.settings import OpenAISettings
from server.storage.settings import Settings
from tests.checks.conftest import Process, Start

ALLOWED = ["create_chat", "send_message", "complete_chat", "sync_chats"]


@dataclass
class ChatServers:
    """Servers with the same data and the same OpenAI, one after the other."""

    start_server: Start
    fake: FakeOpenAI
    data: Path

    def start(self) -> Process:
        return self.start_server(data=self.data, OPENAI_API_KEY=KEY)


@contextmanager
def chat_servers(start: Start, data: Path) -> Iterator[ChatServers]:
    """Prepare a data folder and an OpenAI, for as long as the block runs."""
    data.mkdir(mode=0o700)
    with running_fake_openai() as fake:
        openai = OpenAISettings(endpoint=fake.base_url, aliases={"gpt-4": "gpt-6-luna"})
        settings = ConversationsSettings(openai=openai, retry_seconds=0.05, longest_retry_seconds=0.5, lost_answer_seconds=1)
        asyncio.run(Settings(data).write("conversations", settings))
        yield ChatServers(start, fake, data)
