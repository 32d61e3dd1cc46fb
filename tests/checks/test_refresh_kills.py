"""kill -9 at random moments while tokens are refreshed: no program is ever locked out."""

import random
import threading
import time
from dataclasses import dataclass, field

import httpx2
import pytest

from tests.server.access.oauth.programs import Browser, Program, approve, landed


@dataclass
class CurrentServer:
    """The current server process, for the OAuth clients."""

    process: object

    @property
    def public(self) -> str:
        return self.process.public

    @property
    def port(self) -> int:
        return httpx2.URL(self.process.public).port

    def person(self, method, path, **options):
        return self.process.person(method, path, **options)


@dataclass
class Refresher:
    """Refreshes its token over and over, through whatever server runs now; a lost answer is asked for again."""

    program: Program
    token: str
    done: int = 0
    failure: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.over.is_set():
            try:
                answer = self.program.refresh(self.token)
            except httpx2.HTTPError:
                time.sleep(0.01)
                continue
            if answer.status_code == 503:
                continue
            if answer.status_code != 200:
                self.failure = answer.text
                return
            self.token = answer.json()["refresh_token"]
            self.done += 1


def sign_in(place: CurrentServer, number: int) -> Refresher:
    """Make a program and let it in."""
    pair = place.person("POST", "/api/clients", json={"name": f"bot-{number}", "oauth": True}).json()["oauth"]
    program = Program(place, pair["client_id"], pair["client_secret"])
    program.begin()
    assert isinstance(program.browser, Browser)
    approve(place, program.browser)
    return Refresher(program, program.exchange(landed(program.browser.look())["code"]).json()["refresh_token"])


@pytest.mark.timeout(1800)
def test_refresh_token_survives_kills(start, long):
    kills, dice = (200 if long else 3), random.Random(11)
    place = CurrentServer(start("--demo"))
    refreshers = [sign_in(place, number) for number in range(4)]
    threads = [threading.Thread(target=refresher.run) for refresher in refreshers]
    for thread in threads:
        thread.start()
    try:
        for _ in range(kills):
            time.sleep(dice.uniform(0.05, 0.6))
            place.process.kill()
            place.process = start("--demo")
        time.sleep(0.3)
    finally:
        for refresher in refreshers:
            refresher.over.set()
        for thread in threads:
            thread.join(30)
    print(f"{kills} kills, {sum(refresher.done for refresher in refreshers)} refreshes")
    assert [refresher.failure for refresher in refreshers] == [""] * len(refreshers)
    assert all(refresher.done for refresher in refreshers)
    assert all(refresher.program.refresh(refresher.token).status_code == 200 for refresher in refreshers)
