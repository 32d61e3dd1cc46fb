"""ChatGPT's page as the extension meets it, on a loopback socket: for `--demo` and the tests.

    async with FakeChatGPT().serving() as origin: ...    inside a running loop
    with running_fake_chatgpt() as fake: fake.origin     in a thread of its own
    python -m server.integrations.queue.fake             as a process, which writes its origin on one line of JSON

Modules: `behaviour` (settings, and outcomes on order), `account` (chats, and what was sent), `replies`, `answers` (an answer as
events), `methods` (the page's backend), `history` (chats in the export's form), `pages` and `assets/` (the site), `controls`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from starlette.applications import Starlette

from server.integrations.queue.fake.account import Account
from server.integrations.queue.fake.behaviour import Behaviour, Outcome, change
from server.integrations.queue.fake.controls import Controls
from server.integrations.queue.fake.methods import Methods, Site
from server.integrations.queue.fake.pages import Pages
from server.sdk.fake_server import running_in_thread, serving

__all__ = ["Behaviour", "FakeChatGPT", "Outcome", "running_fake_chatgpt"]


class FakeChatGPT:
    """ChatGPT with the account of one person. `controls`: another process may set its behaviour; see `controls`."""

    def __init__(self, *, controls: bool = False, **behaviour: Any) -> None:
        self.site = Site(Behaviour(**behaviour))
        self.origin = ""
        routes = [*Methods(self.site).routes(), *Pages(self.site).routes()]
        routes += Controls(self.site).routes() if controls else []
        self.app = Starlette(routes=routes)

    @property
    def account(self) -> Account:
        """Return the account with what was sent."""
        return self.site.account

    def behave(self, **values: Any) -> None:
        """Change settings of the behaviour."""
        self.site.behaviour = change(self.site.behaviour, values)

    def order(self, kind: str, **options: Any) -> None:
        """Order what happens to the next message. Others: the fields of Outcome."""
        self.site.outcomes.order(Outcome(kind, **options))

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on 127.0.0.1 while the block runs, and yield the origin."""
        async with serving(self.app, port) as self.origin:
            try:
                yield self.origin
            finally:
                await self.site.answers.close()


@contextmanager
def running_fake_chatgpt(fake: FakeChatGPT | None = None, *, port: int = 0) -> Iterator[FakeChatGPT]:
    """Run a fake in a thread of its own while the block runs."""
    fake = fake or FakeChatGPT(controls=True)
    with running_in_thread(fake.serving(port)):
        yield fake
