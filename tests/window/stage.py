"""A morning with Deskhand, the same every time: what the pictures show."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server.access.approvals.approval import SECTION, ApprovalSettings
from server.core.clock import Clock
from server.demo.chatgpt import Answer, ChatGPT
from server.integrations.apps.scenarios import start_clock, stop_clock
from server.integrations.gmail.scenarios import HEATING, LISBON, call, read_news, trash_newsletter
from server.integrations.omi.fake.sample_data import make_conversations, make_live
from server.sdk.demo import Persona, Scenario
from server.storage.settings import Settings
from tests import loopback
from tests.server.conftest import Served

GPT, SCRIPT = Persona.gpt.value, Persona.script.value
UID = "alex"
NOW = datetime(2026, 6, 17, 8, 41, tzinfo=UTC)  # a Wednesday in June, at 9:41 in London
STEP = timedelta(seconds=9)
PROGRAMS = ("code", "firefox", "gnome-calculator", "gnome-text-editor", "nautilus", "spotify", "sleep")
BEGUN = NOW - timedelta(hours=3)
BOILER = "Hi Priya,\n\nNorthside come at 14:00 on Friday. Could you leave the cellar open?\n\nAlex"
STORY = (
    (154, SCRIPT, call("list_mail", query="in:inbox is:unread newer_than:1d", max_results=3)),
    (96, GPT, read_news),
    (71, GPT, start_clock),
    (38, GPT, HEATING),
    (24, GPT, LISBON),
    (11, GPT, stop_clock),
    (6, GPT, call("send_mail", to="priya.nair@example.net", subject="Boiler: they come at two", body=BOILER)),
    (2, GPT, trash_newsletter),
)


class WoundClock(Clock):
    """A clock that stands still until it is put forward."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def lay_out_programs(folder: Path) -> None:
    """Put programs into a folder for PATH that every computer of the pictures has."""
    folder.mkdir()
    for name in PROGRAMS:
        program = folder / name
        program.write_text("#!/bin/sh\nexec /bin/sleep 3601\n")
        program.chmod(0o755)


def ask_without_waiting(data: Path) -> None:
    """Answer calls that need approval with 202 immediately."""
    data.mkdir(0o700)
    run_apart(Settings(data).write(SECTION, ApprovalSettings(patience_seconds=0)))


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread: the browser's driver has a loop of its own in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def play(server: Served, clock: WoundClock) -> None:
    """Play all scenarios of the demo."""
    keys = {SCRIPT: server.make_client(SCRIPT, scopes=["read:mail"])}
    clock.at += STEP  # the newest client stands first
    keys[GPT] = server.make_client(GPT, allow=["control_app", "mark_mail", "reply_to_mail"])

    async def act() -> None:
        async with loopback.AsyncClient(timeout=30) as http:
            gpts = {name: ChatGPT(name, key, http) for name, key in keys.items()}
            for gpt in gpts.values():
                await gpt.import_schema(f"http://127.0.0.1:{server.port}")
            for minutes, name, begin in STORY:
                clock.at = NOW - timedelta(minutes=minutes)
                await carry_out(gpts[name], begin(), clock)

    run_apart(act())
    clock.at = NOW
    listen(server)


def listen(server: Served) -> None:
    """Deliver a made-up conversation of the wearable."""
    addresses = server.person("POST", "/api/omi/address").json()["addresses"]

    def deliver(kind: str, delivery: dict[str, Any]) -> None:
        path = urlsplit(addresses[kind]).path
        assert server.call("POST", f"{path}?uid={UID}", "", json=delivery).status_code == 200

    for talk in make_conversations(NOW):
        deliver("memory", talk)
    for words in make_live("this morning"):
        deliver("transcript", words)
    (question,) = [approval for approval in server.person("GET", "/api/approvals").json() if approval["kind"] == "source"]
    server.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": "once"})


async def carry_out(gpt: ChatGPT, scenario: Scenario, clock: WoundClock) -> None:
    """Make the calls of a scenario, one a few seconds after the other."""
    answer: Answer | None = None
    while True:
        try:
            step = next(scenario) if answer is None else scenario.send(answer)
        except StopIteration:
            return
        answer = await gpt.call(step.operation, step.arguments)
        clock.at += STEP
