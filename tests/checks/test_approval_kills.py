"""kill -9 at random moments while the person is asked, decides, and what they allowed runs.

Nothing is done twice, nothing is told as done that was not, and nothing runs that was denied.
"""

import asyncio
import random
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests import loopback
from tests.server.access.conftest import clock, opened
from tests.server.access.letters import posting

__all__ = ["clock", "opened"]

AT_ONCE = 8
ENDED = {"done", "failed", "denied", "expired", "cancelled", "uncertain"}
OUT_OF_THREE = 3  # of three mails the person denies one


@dataclass
class Scenario:
    """Clients that ask, and a person who decides, with whatever server runs now."""

    key: str
    server: Any
    fates: dict[int, str] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response | None:
        """Call the server; None while there is none."""
        with suppress(httpx2.HTTPError):
            headers = {"Authorization": f"Bearer {self.key}", "Prefer": "respond-async"}
            return loopback.request(method, self.server.public + path, headers=headers, timeout=20, **options)
        return None

    def ask(self, number: int) -> None:
        """Ask for one mail, and look until it has met its fate."""
        mail = {"to": "friend@example.com", "subject": f"Number {number}.", "body": "hello"}
        deadline, path = time.monotonic() + 300, ""
        while time.monotonic() < deadline and not self.over.is_set():
            answer = self.request("GET", path) if path else self.request("POST", "/gmail/send", json=mail)
            body = answer.json() if answer is not None and answer.headers["content-type"].startswith("application/") else {}
            path = path or body.get("poll", "")
            if answer is not None and path.endswith(body.get("approval_id", "?")) and body["status"] in ENDED:
                self.fates[number] = body["status"]
                return
            if answer is not None and not path and answer.status_code in {200, 409} | {403}:
                self.fates[number] = {200: "done", 409: "uncertain", 403: "denied"}[answer.status_code]
                return
            self.over.wait(0.05)
        raise AssertionError(f"Nobody learned what became of mail {number}.")

    def decide(self) -> None:
        """Decide on everything that waits, each twice, as an impatient person does. An error here ends the game."""
        try:
            while not self.over.is_set():
                self.decide_once()
                self.over.wait(0.05)
        finally:
            self.over.set()

    def decide_once(self) -> None:
        """Decide on what waits now."""
        with suppress(httpx2.HTTPError, ValueError, AssertionError):  # nobody serves at this moment
            waiting = self.server.person("GET", "/api/approvals").json()
            for question in waiting if isinstance(waiting, list) else ():  # another program may have the port meanwhile
                number = int(re.findall(r"\d+", {entry["name"]: entry["value"] for entry in question["fields"]}["Subject"])[0])
                word = "approve" if number % OUT_OF_THREE else "deny"
                for _ in range(2):
                    self.server.person("POST", f"/api/approvals/{question['id']}/{word}", json={})


@pytest.mark.timeout(1800)
def test_approved_call_runs_at_most_once_and_never_against_the_decision_despite_kills(start, signed_in, long: bool) -> None:
    mails, most_kills, dice = 1500 if long else 18, 1000 if long else 3, random.Random(11)
    server = start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own")
    scenario, kills = Scenario(server.make_client("sender", rate="none"), server), 0
    person = threading.Thread(target=scenario.decide)
    person.start()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            futures = [pool.submit(scenario.ask, number) for number in range(mails)]
            while (
                len(scenario.fates) < mails
                and kills < most_kills
                and not any(future.done() and future.exception() for future in futures)
            ):
                wait_for(scenario, len(scenario.fates) + dice.randint(0, 60 if long else 5))
                server.kill()
                kills += 1
                server = scenario.server = start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own")
            for future in futures:
                future.result()
    finally:
        scenario.over.set()
        person.join()
    subjects = Counter(signed_in.sent_subjects())
    sent = {number: subjects[f"Number {number}."] for number in range(mails)}
    assert max(sent.values()) == 1, "a mail went out twice"
    for number, fate in scenario.fates.items():
        assert fate in {"done", "denied", "uncertain", "failed"}, (number, fate)
        assert sent[number] == 1 or fate != "done", f"mail {number} was told as done"
        assert sent[number] == 0 or number % OUT_OF_THREE, f"mail {number} went out though it was denied"
        assert (fate == "denied") == (number % OUT_OF_THREE == 0)
    print(f"{kills} kills, {Counter(scenario.fates.values())}")
    assert kills >= (10 if long else 2)


def wait_for(scenario: Scenario, fates: int) -> None:
    """Wait until so many have met their fate, or for some seconds."""
    until = time.monotonic() + 10
    while len(scenario.fates) < fates and time.monotonic() < until:
        scenario.over.wait(0.005)


def test_approval_given_twice_at_the_end_of_the_wait_runs_the_call_once(opened, long: bool) -> None:
    async def main() -> tuple[list[int], list[str]]:
        dice, wait_seconds = random.Random(5), 0.05
        async with posting(opened, wait_seconds=wait_seconds, running_seconds=10) as post:
            bot, statuses = await post.client(rate="none"), []
            for number in range(300 if long else 40):
                call = asyncio.create_task(post.send(bot, f"{number}", wait=True))
                question = await post.question()
                approve = post.state.context.approval_requests.approve
                await asyncio.sleep(wait_seconds * dice.uniform(0.7, 1.1))
                await asyncio.gather(approve(question.id), approve(question.id), return_exceptions=True)
                answer = await call
                statuses.append(answer.status_code)
                await post.wait_for(bot, question.id, "done")
            return statuses, post.sent

    statuses, sent = asyncio.run(main())
    assert sent == [f"{number}" for number in range(len(statuses))], "each ran, once"
    assert set(statuses) <= {200, 202}
    print(Counter(statuses))
    assert not long or set(statuses) == {200, 202}, "both ways occurred"
