"""kill -9 at random moments while mails are sent: what was acknowledged is in the activity, and nothing went out twice."""

import asyncio
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2
import pytest

from server.access.approvals.approval import ApprovalSettings
from server.storage.settings import Settings
from tests import loopback

AT_ONCE = 8


@dataclass
class Sender:
    """Sends numbered mails through whatever server runs now, and remembers what was acknowledged."""

    key: str
    public: str = ""
    acknowledged: set[int] = field(default_factory=set)
    uncertain: set[int] = field(default_factory=set)
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def send(self, number: int) -> None:
        """Send one mail until its fate is known: again and again with the same Idempotency-Key."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": f"mail-{number}"}
        mail = {"to": "friend@example.com", "subject": f"Number {number}.", "body": "hello"}
        deadline, text = time.monotonic() + 180, ""
        while time.monotonic() < deadline:
            try:
                answer = loopback.post(f"{self.public}/gmail/send", json=mail, headers=headers, timeout=20)
            except httpx2.HTTPError:
                self.over.wait(0.02)
                continue
            text = answer.text
            if answer.status_code == 200:
                return self.note(self.acknowledged, number)
            if answer.status_code == 409 and "nobody knows" in answer.text:
                return self.note(self.uncertain, number)
            assert answer.status_code in {409, 502, 503, 504}, answer.text
            if answer.status_code in {502, 504}:
                return self.note(self.uncertain, number)
        raise AssertionError(f"Nobody learned what became of mail {number}: {text}")

    def wait_for(self, done: int, seconds: float) -> None:
        """Wait until so many mails have met their fate, or for some seconds."""
        until = time.monotonic() + seconds
        while self.done < done and time.monotonic() < until:
            self.over.wait(0.005)

    def note(self, fate: set[int], number: int) -> None:
        with self.lock:
            fate.add(number)
            self.done += 1


@pytest.mark.timeout(1800)
def test_acknowledged_data_survives_kills_and_no_mail_is_sent_twice(start, signed_in, long: bool) -> None:
    mails, dice = 2000 if long else 30, random.Random(7)
    asyncio.run(Settings(signed_in.data).write("approvals", ApprovalSettings(daily_mails=100_000)))
    server = start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own")
    sender = Sender(server.make_client("sender", allow=["send_mail"], rate="none"), server.public)
    kills = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(sender.send, number) for number in range(mails)]
        while sender.done < mails and not any(future.done() and future.exception() for future in sent):
            sender.wait_for(sender.done + dice.randint(0, 150 if long else 12), seconds=10)
            server.kill()
            kills += 1
            server = start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own")
            sender.public = server.public
        for future in sent:
            future.result()
    subjects = Counter(signed_in.sent_subjects())
    assert set(subjects.values()) <= {1}, "a mail went out twice"
    states = {
        entry["effect"]["fields"] and dict(entry["effect"]["fields"])["Subject"]: entry
        for entry in all_entries(server)
        if entry["operation"] == "send_mail" and entry["outcome"] != "repeated"
    }
    for number in sender.acknowledged:
        subject = f"Number {number}."
        assert subjects[subject] == 1
        assert states[subject]["outcome"] == "done"
    for number in sender.uncertain:
        assert states[f"Number {number}."]["outcome"] in {"uncertain", "failed"}
    print(f"{kills} kills, {len(sender.acknowledged)} acknowledged, {len(sender.uncertain)} uncertain")
    assert kills >= (10 if long else 2)


def all_entries(server) -> list[dict]:
    entries: list[dict] = []
    while True:
        before = f"&before={entries[-1]['id']}" if entries else ""
        page = server.person("GET", f"/api/activity?limit=1000{before}").json()
        if not page:
            return entries
        entries += page
