"""Demo mode: a fake ChatGPT page, a simulated extension that works on it, and a client whose prompts go there.

Both are paired or made as real ones are, and speak to Deskhand over its real sockets. A real extension that `deskhand extension`
writes meanwhile works on the fake page too. With DESKHAND_DEMO_QUEUE=off nothing of this happens.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from server.integrations.queue.demo_content import CHATS, PROMPTS, DemoPrompt
from server.integrations.queue.extension.hub import Hub
from server.integrations.queue.extension.registry import Registry
from server.integrations.queue.extension_files import read_manifest
from server.integrations.queue.models import ClientRef, QueueSettings
from server.integrations.queue.queue import SECTION, Queue
from server.sdk.context import Context

if TYPE_CHECKING:
    import httpx2

    from server.integrations.queue.fake import FakeChatGPT

SECRET = "queue/demo"  # noqa: S105, where the keys are
BROWSER, CLIENT = "Demo browser", "report-builder"
PAUSES = (2.0, 20.0)  # seconds between two prompts: at the start, and later
MOST = 150  # prompts in one run
PACE = {"piece_ms": 120, "piece_size": 12, "thinking_ms": 900, "title_ms": 300}  # as a person likes to watch it
RETRY_SECONDS = 0.5  # while the server starts


class DemoKeys(BaseModel):
    """Keys of the demo's extension and client, which last as long as the data folder."""

    extension: str
    client: str


@asynccontextmanager
async def serve_fake(context: Context) -> AsyncIterator[None]:
    """Serve the page, and let the extension and the client work, while the block runs."""
    if os.environ.get("DESKHAND_DEMO_QUEUE") == "off":
        yield
        return
    from server.integrations.queue.fake import FakeChatGPT
    from server.integrations.queue.fake.simulated_extension import SimulatedExtension

    fake = FakeChatGPT(controls=True, **PACE)
    chats = {title: fake.account.add_chat(title, [("user", title), ("assistant", "All right.")]) for title in CHATS}
    fake.site.replies.known.update({prompt.message: prompt.reply for prompt in PROMPTS})
    async with fake.serving() as origin:
        settings = context.settings.read(SECTION, QueueSettings)
        await context.settings.write(SECTION, settings.model_copy(update={"site": origin}))
        keys = await prepare_keys(context)
        url = f"{context.address.own.replace('http', 'ws', 1)}/ws/extension/"
        extension = SimulatedExtension(url, keys.extension, origin, version=read_manifest().version)
        orders = [make_order(prompt, {title: chat.chat_id for title, chat in chats.items()}) for prompt in PROMPTS]
        tasks = [asyncio.create_task(extension.run()), asyncio.create_task(submit_all(context, keys.client, fake, orders))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def prepare_keys(context: Context) -> DemoKeys:
    """Return the keys of an earlier start, or pair the extension, and make the client that the person has allowed."""
    if stored := await context.secrets.get(SECRET):
        return DemoKeys.model_validate_json(stored)
    extension_id, extension = await context.paired_clients.pair(f"browser-{BROWSER}", "extension")
    await Registry(context, Hub()).add(extension_id, BROWSER, "Simulated browser", "")
    client_id, client = await context.paired_clients.pair(CLIENT, "write:queue")
    queue = Queue(context)
    await queue.set_webhook(ClientRef(client_id, CLIENT), "")  # which stores the client
    await queue.set_approval(client_id, approved=True)
    keys = DemoKeys(extension=extension, client=client)
    await context.secrets.set(SECRET, keys.model_dump_json())
    return keys


def make_order(prompt: DemoPrompt, chats: dict[str, str]) -> tuple[DemoPrompt, dict[str, Any]]:
    """Make the body of a request."""
    body = {"message": prompt.message, "response_type": prompt.response_type}
    return prompt, body | ({"chat_id": chats[prompt.chat]} if prompt.chat else {})


async def submit_all(context: Context, key: str, fake: "FakeChatGPT", orders: list[tuple[DemoPrompt, dict[str, Any]]]) -> None:
    """Submit the prompts: the first ones at once, so that some wait, and then one from time to time."""
    import httpx2

    async with httpx2.AsyncClient(base_url=context.address.own, headers={"X-API-Key": key}, trust_env=False) as http:
        for number, (prompt, body) in enumerate(itertools.islice(itertools.cycle(orders), MOST)):
            if prompt.outcome and number < len(orders):
                fake.order(prompt.outcome, match=prompt.message)
            await submit(http, body)
            await asyncio.sleep(PAUSES[number >= len(orders)])


async def submit(http: "httpx2.AsyncClient", body: dict[str, Any]) -> None:
    """Submit a prompt, again while the server starts."""
    import httpx2

    while True:
        try:
            response = await http.post("/api/chat/submit/", json=body)
        except httpx2.TransportError:
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if response.status_code < 500:
            return
        await asyncio.sleep(RETRY_SECONDS)
