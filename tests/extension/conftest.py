"""The real extension in Chromium, paired with a real queue, on the fake ChatGPT page; one of each for a module."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Worker, async_playwright

from server.integrations.queue.extension_files import Target, read_manifest, write_extension
from server.integrations.queue.fake import FakeChatGPT
from server.integrations.queue.models import Prompt
from server.integrations.queue.states import ENDED, State
from server.sdk.approval_requests import ApprovalDuration
from tests.conftest import need
from tests.server.integrations.queue.extension.bridge import Bridge, open_bridge
from tests.window.conftest import QUIET, prepare_playwright

SECONDS = 60  # that a busy machine may take


@dataclass
class Stage:
    """`person`: the page that the person looks at."""

    bridge: Bridge
    fake: FakeChatGPT
    context: BrowserContext
    person: Page

    @property
    def worker(self) -> Worker:
        return self.context.service_workers[0]

    async def submit(self, message: str, **order: Any) -> Prompt:
        return await self.bridge.submit(message, **order)

    async def read(self, prompt: Prompt) -> Prompt:
        return await self.bridge.queue.read(prompt.id)

    async def wait(self, condition: Callable[[], Any]) -> Any:
        """Wait until a condition is truthy; it may be asynchronous."""
        async with asyncio.timeout(SECONDS):
            while True:
                value = condition()
                if asyncio.iscoroutine(value):
                    value = await value
                if value:
                    return value
                await self.bridge.queue.changes.wait(seconds=0.05)

    async def finish(self, prompt: Prompt) -> Prompt:
        """Wait until a prompt has ended."""
        await self.wait_for(prompt, *ENDED)
        return await self.read(prompt)

    async def wait_for(self, prompt: Prompt, *states: State) -> None:
        """Wait until a prompt has one of these states."""

        async def has_state() -> bool:
            return (await self.read(prompt)).state in states

        await self.wait(has_state)

    async def wait_for_page(self, state: str) -> dict[str, Any]:
        """Wait until the extension has reported a state of its page."""

        def find() -> list[dict[str, Any]]:
            pages = [session.worker.page for session in self.bridge.extensions.hub if session.worker.page]
            return [page.model_dump() for page in pages if page.state == state]

        return dict((await self.wait(find))[0])

    async def act(self, action: str, **more: Any) -> Any:
        """Do what a button of the popup does."""
        popup = await self.open_popup()
        try:
            return await popup.evaluate("(message) => chrome.runtime.sendMessage(message)", {"action": action, **more})
        finally:
            await popup.close()

    async def open_popup(self) -> Page:
        """Open the popup in a tab; the person's own comes to the front again."""
        popup = await self.context.new_page()
        await popup.goto(f"{read_manifest().origin}/popup.html")
        await self.person.bring_to_front()
        return popup

    async def read_work_tab(self) -> dict[str, Any]:
        """Read the browser's record of the work tab; nothing if there is none."""
        script = """
        async () => {
          const {work_tab: id} = await chrome.storage.session.get('work_tab')
          return id ? await chrome.tabs.get(id).catch(() => ({})) : {}
        }
        """
        return dict(await self.worker.evaluate(script))

    def find_page(self) -> Page:
        """Find the page in the work tab: the last one of the site."""
        return [page for page in self.context.pages if page.url.startswith(self.fake.origin)][-1]

    def count_sent(self, message: str) -> int:
        return self.fake.account.count_sent()[message]


async def pair(stage: Stage) -> None:
    """Pair as a person does: the code in the popup, and yes in Deskhand."""
    pairing = stage.bridge.extensions.pairing
    popup = await stage.open_popup()
    await popup.get_by_label("Code").fill(pairing.begin().code.lower())
    await popup.get_by_role("button", name="Pair").click()
    (request,) = await stage.wait(pairing.list_requests)
    await pairing.approve(request.id, ApprovalDuration.once, None)
    await stage.wait(lambda: len(stage.bridge.extensions.hub))
    await popup.close()


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    need(program, "Chromium", "apt-get install chromium")
    prepare_playwright()
    folder: Path = tmp_path_factory.mktemp("extension")
    fake = FakeChatGPT(lag_ms=300)
    async with open_bridge(folder / "data") as bridge, fake.serving() as origin, async_playwright() as playwright:
        copy = write_extension(folder / "extension", Target(site=origin, deskhand=f"http://127.0.0.1:{bridge.port}"))
        arguments = [f"--disable-extensions-except={copy}", f"--load-extension={copy}", "--no-sandbox", *QUIET.split()]
        launch = playwright.chromium.launch_persistent_context
        context = await launch(str(folder / "profile"), executable_path=program, headless=True, args=arguments)
        try:
            stage = Stage(bridge, fake, context, context.pages[0])
            if not context.service_workers:
                await context.wait_for_event("serviceworker")
            await bridge.change_settings(retry_seconds=0.1)
            await pair(stage)
            yield stage
        finally:
            await context.close()
            shutil.rmtree(folder / "profile", ignore_errors=True)  # it holds the extension's key


@pytest.fixture
async def ready(stage: Stage) -> AsyncIterator[Stage]:
    """The stage with a page that answers; what a test leaves open is cancelled."""
    yield stage
    for lease in await stage.bridge.queue.list_held():
        await stage.bridge.queue.cancel(lease.prompt.id)
    stage.fake.site.outcomes.ordered.clear()
    stage.fake.behave(**{name: getattr(FakeChatGPT(lag_ms=300).site.behaviour, name) for name in vars(stage.fake.site.behaviour)})
    await stage.person.bring_to_front()
    await stage.bridge.queue.limit_until(None)
    await stage.act("resume")
