import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from server.access.clients import Change, Policy
from server.errors import NotFound, UpstreamFailed
from server.operation import Effect, Operations
from server.state import Rules, State
from server.storage.database import DATABASE_FILE
from server.surface import new_application


class Letter(BaseModel):
    to: str
    text: str = ""
    token: str = ""


@dataclass
class Post:
    """An application with a few operations, behind the real guard and the real database."""

    state: State
    http: httpx2.AsyncClient
    sent: list[str] = field(default_factory=list)
    fail: Exception | None = None
    hold: asyncio.Event | None = None
    hold_preview: asyncio.Event | None = None
    previewing: asyncio.Event = field(default_factory=asyncio.Event)

    async def client(
        self, name: str = "bot", scopes: str = "read:mail write:mail", rate: str | None = None, **policies: str
    ) -> dict:
        chosen = {operation: Policy(policy) for operation, policy in policies.items()}
        _, key = await self.state.clients.create(name, frozenset(scopes.split()), chosen, rate)
        return {"Authorization": f"Bearer {key}"}

    async def last(self) -> Any:
        return (await self.state.activity.list(1))[0]


def make_router(post: Post) -> Operations:
    mail = Operations(prefix="/mail", title="Mail")

    async def preview(letter: Letter) -> Effect:
        post.previewing.set()
        if post.hold_preview:
            await post.hold_preview.wait()
        if letter.to == "nobody":
            raise NotFound("There is no such person.")
        return Effect(f"send a letter to {letter.to}", (("To", letter.to), ("Text", letter.text)))

    @mail.operation("GET", "/list", scope="read:mail")
    async def list_letters(most: int = 10) -> list[str]:
        """List the letters."""
        if post.hold:
            await post.hold.wait()
        if post.fail:
            raise post.fail
        return post.sent[:most]

    @mail.operation("POST", "/send", scope="write:mail", preview=preview)
    async def send_letter(letter: Letter) -> dict[str, int]:
        """Send a letter."""
        if post.hold:
            await post.hold.wait()
        if post.fail:
            raise post.fail
        post.sent.append(letter.text)
        return {"sent": len(post.sent)}

    return mail


@asynccontextmanager
async def posting(opened, rules: Rules | None = None) -> AsyncIterator[Post]:
    async with opened(rules) as state:
        app = new_application("Test")
        app.state.gate = state.guard
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
            post = Post(state, http)
            app.include_router(make_router(post))
            yield post


def test_a_stranger_ends_before_the_body_is_read(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            for headers in ({}, {"Authorization": "Bearer dh_wrong"}, {"X-API-Key": "dh_wrong"}, {"Authorization": "Basic eDp5"}):
                answer = await post.http.post("/mail/send", content=b"{broken", headers=headers)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.headers["content-type"] == "application/problem+json"
            assert await post.state.activity.list() == []

    asyncio.run(main())


def test_every_carrier_of_a_key_is_understood_and_two_keys_are_not(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            key = (await post.client())["Authorization"].removeprefix("Bearer ")
            for headers in ({"X-API-Key": key}, {"Authorization": f"bearer {key}"}, {"Authorization": f"ApiKey {key}"}):
                assert (await post.http.get("/mail/list", headers=headers)).status_code == 200
            both = {"X-API-Key": key, "Authorization": f"Bearer {key}"}
            assert (await post.http.get("/mail/list", headers=both)).status_code == 200
            both["X-API-Key"] = "dh_another"
            assert (await post.http.get("/mail/list", headers=both)).status_code == 401

    asyncio.run(main())


def test_a_missing_scope_is_refused_before_the_body_is_read_and_noted(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            reader = await post.client(scopes="read:mail", send_letter="allow")
            answer = await post.http.post("/mail/send", content=b"{broken", headers=reader)
            assert answer.status_code == 403
            assert "write:mail" in answer.json()["detail"]
            assert (await post.last()).outcome == "refused"
            assert post.sent == []

    asyncio.run(main())


def test_what_changes_something_has_to_be_allowed_and_the_answer_says_how(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client()
            answer = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
            assert answer.status_code == 403
            assert "deskhand clients allow bot send_letter" in answer.json()["detail"]
            entry = await post.last()
            assert (entry.outcome, entry.sentence, post.sent) == ("refused", "send a letter", [])

    asyncio.run(main())


def test_what_is_allowed_runs_and_what_is_denied_does_not(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client(send_letter="allow", list_letters="deny")
            assert (await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)).json() == {"sent": 1}
            entry = await post.last()
            assert (entry.outcome, entry.decision, entry.status) == ("done", "allowed", 200)
            assert '["To", "ann"]' in (entry.effect or "")
            assert (await post.http.get("/mail/list", headers=bot)).status_code == 403

    asyncio.run(main())


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"text": "x"}',
        b'{"to": 5}',
        rb'{"to": "\ud800"}',
        b'{"to": "a", "text": NaN}',
        b"\xff",
        b"",
        b"null",
        b'"x"',
    ],
)
def test_nonsense_is_422_with_a_sentence_nobody_is_asked_and_it_is_noted(opened, body: bytes) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client(send_letter="allow")
            answer = await post.http.post("/mail/send", content=body, headers={**bot, "Content-Type": "application/json"})
            assert answer.status_code == 422
            assert answer.json()["detail"].startswith("The request does not fit.")
            assert (await post.last()).outcome == "refused"
            assert post.sent == []

    asyncio.run(main())


def test_a_preview_that_fails_ends_the_call_before_anything_happens(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client(send_letter="allow")
            answer = await post.http.post("/mail/send", json={"to": "nobody"}, headers=bot)
            assert (answer.status_code, post.sent) == (404, [])
            assert (await post.last()).outcome == "refused"

    asyncio.run(main())


def test_a_failure_is_an_answer_and_a_row_and_what_nobody_foresaw_tells_nothing(opened, caplog) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client(send_letter="allow")
            post.fail = UpstreamFailed("The post office is closed.", retry_after=7)
            answer = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
            assert (answer.status_code, answer.json()["detail"]) == (502, "The post office is closed.")
            assert answer.headers["retry-after"] == "7"
            assert (await post.last()).outcome == "failed"
            post.fail = RuntimeError("secret inside")
            answer = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
            assert answer.status_code == 500
            assert "secret" not in answer.text

    asyncio.run(main())


def test_too_many_calls_are_429_with_the_time_to_wait_and_one_row(opened) -> None:
    async def main() -> None:
        async with posting(opened, Rules(reading="2/minute")) as post:
            bot = await post.client()
            answers = [await post.http.get("/mail/list", headers=bot) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
            assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0", "0"]
            assert 1 <= int(answers[2].headers["retry-after"]) <= 60
            assert [entry.status for entry in await post.state.activity.list()] == [429, 200, 200]

    asyncio.run(main())


def test_the_same_idempotency_key_gets_the_first_answer_and_nothing_runs_again(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
            first = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
            again = await post.http.post(
                "/mail/send", content=b'{"text":"hi",  "to":"ann"}', headers={**bot, "Content-Type": "application/json"}
            )
            assert (again.status_code, again.json(), post.sent) == (200, first.json(), ["hi"])
            assert again.headers["idempotent-replayed"] == "true"
            assert (await post.last()).outcome == "repeated"
            other = await post.http.post("/mail/send", json={"to": "ann", "text": "else"}, headers=bot)
            assert (other.status_code, post.sent) == (422, ["hi"])
            second = {**await post.client("second", send_letter="allow"), "Idempotency-Key": "k1"}
            assert (await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=second)).json() == {"sent": 2}

    asyncio.run(main())


def test_twenty_at_once_with_one_idempotency_key_run_once(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
            asked = (post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot) for _ in range(20))
            answers = await asyncio.gather(*asked)
            assert post.sent == ["hi"]
            assert {answer.status_code for answer in answers} <= {200, 409}

    asyncio.run(main())


def test_a_failure_is_kept_for_its_idempotency_key_too(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
            post.fail = UpstreamFailed("The post office is closed.")
            assert (await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)).status_code == 502
            post.fail = None
            again = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
            assert (again.status_code, again.headers["content-type"], post.sent) == (502, "application/problem+json", [])

    asyncio.run(main())


def test_a_call_cut_short_is_uncertain_and_never_runs_again_by_itself(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
            post.hold = asyncio.Event()
            cut = asyncio.create_task(post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot))
            while not await post.state.activity.list():
                await asyncio.sleep(0)
            running = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
            assert (running.status_code, running.headers["retry-after"]) == (409, "1")
            cut.cancel()
            await asyncio.gather(cut, return_exceptions=True)
        async with posting(opened) as post:
            assert "uncertain" in [entry.outcome for entry in await post.state.activity.list()]
            again = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
            assert (again.status_code, post.sent) == (409, [])
            assert "Look whether it happened" in again.json()["detail"]

    asyncio.run(main())


def test_while_paused_reading_goes_on_and_nothing_changes(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client(send_letter="allow")
            await post.state.pause.begin(15)
            answer = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "900")
            assert (await post.last()).reason == "You had paused all actions."
            assert (await post.http.get("/mail/list", headers=bot)).status_code == 200
            assert post.sent == []

    asyncio.run(main())


def test_what_is_paused_while_a_call_waits_for_the_disk_does_not_run(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "one"}
            letter = {"to": "ann", "text": "hi"}
            post.hold_preview = asyncio.Event()
            call = asyncio.create_task(post.http.post("/mail/send", json=letter, headers=bot))
            await asyncio.wait_for(post.previewing.wait(), 20)
            with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE, isolation_level=None)) as busy:
                busy.execute("BEGIN IMMEDIATE")
                post.hold_preview.set()
                for _ in range(5):
                    await asyncio.sleep(0)  # a turn of the loop: the call goes as far as to its row
                await post.state.pause.begin(15)
                busy.execute("ROLLBACK")
            assert ((await call).status_code, post.sent) == (503, [])
            entry = await post.last()
            assert (entry.outcome, entry.decision, entry.reason) == ("refused", "refused", "You had paused all actions.")
            assert '["To", "ann"]' in (entry.effect or "")
            await post.state.pause.end()
            assert (await post.http.post("/mail/send", json=letter, headers=bot)).json() == {"sent": 1}

    asyncio.run(main())


def test_a_revoked_key_opens_nothing_from_that_moment(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client()
            assert (await post.http.get("/mail/list", headers=bot)).status_code == 200
            await post.state.clients.revoke("bot")
            assert (await post.http.get("/mail/list", headers=bot)).status_code == 401

    asyncio.run(main())


def test_a_client_without_the_scope_is_limited_like_any_other(opened) -> None:
    async def main() -> None:
        async with posting(opened, Rules(changing="2/minute")) as post:
            reader = await post.client(scopes="read:mail")
            answers = [await post.http.post("/mail/send", json={"to": "ann"}, headers=reader) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [403, 403, 429, 429]

    asyncio.run(main())


def test_a_key_in_a_text_does_not_stand_in_the_activity(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client(send_letter="allow")
            await post.http.post("/mail/send", json={"to": "ann", "text": "my key is dh_0123456789abcdef"}, headers=bot)
            assert "dh_0123456789" not in str(await post.last())

    asyncio.run(main())


async def slowly(rest: asyncio.Event, started: asyncio.Event) -> AsyncIterator[bytes]:
    """Send a letter of which the second half comes late."""
    yield b'{"to": "ann", '
    started.set()
    await rest.wait()
    yield b'"text": "hi"}'


@pytest.mark.parametrize(("change", "status"), [("revoke", 401), ("renew", 401), ("deny", 403), ("scope", 403)])
def test_what_the_person_changes_while_a_body_comes_holds_for_that_call(opened, change: str, status: int) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            clients, rest, started = post.state.clients, asyncio.Event(), asyncio.Event()
            headers = {**await post.client(send_letter="allow"), "Content-Type": "application/json"}
            call = asyncio.create_task(post.http.post("/mail/send", content=slowly(rest, started), headers=headers))
            await started.wait()
            if change == "revoke":
                await clients.revoke_all()
            elif change == "renew":
                await clients.renew_key("bot")
            elif change == "deny":
                await clients.change("bot", Change(policies={"send_letter": Policy.deny}))
            else:
                await clients.change("bot", Change(scopes=frozenset({"read:mail"})))
            rest.set()
            assert ((await call).status_code, post.sent) == (status, [])
            assert (await post.last()).outcome == "refused"

    asyncio.run(main())


def test_what_the_person_changes_while_a_preview_is_made_holds_for_that_call(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            headers = await post.client(send_letter="allow")
            post.hold_preview = asyncio.Event()
            call = asyncio.create_task(post.http.post("/mail/send", json={"to": "ann"}, headers=headers))
            await asyncio.sleep(0)
            await post.state.clients.change("bot", Change(policies={"send_letter": Policy.ask}))
            post.hold_preview.set()
            assert ((await call).status_code, post.sent) == (403, [])

    asyncio.run(main())


def test_after_everything_off_nothing_begins_any_more_whatever_is_on_its_way(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bots = [await post.client(f"bot-{number}", send_letter="allow") for number in range(4)]

            def send(number: int) -> "asyncio.Task[httpx2.Response]":
                letter = {"to": "ann", "text": f"{number}"}
                return asyncio.create_task(post.http.post("/mail/send", json=letter, headers=bots[number % 4]))

            calls = [send(number) for number in range(40)]
            while not post.sent:
                await asyncio.sleep(0)
            post.hold_preview = asyncio.Event()
            calls += [send(number) for number in range(40)]
            while len(await post.state.usage.read()) < 4:
                await asyncio.sleep(0)
            post.hold_preview.set()
            assert await post.state.clients.revoke_all() == 4
            begun = {entry.id for entry in await post.state.activity.list(200) if entry.outcome != "refused"}
            answers = await asyncio.gather(*calls)
            entries = await post.state.activity.list(200)
            assert {entry.id for entry in entries if entry.outcome != "refused"} == begun
            assert len(post.sent) == len(begun) == [entry.outcome for entry in entries].count("done")
            assert {answer.status_code for answer in answers} <= {200, 401}

    asyncio.run(main())


def test_what_a_reading_call_found_is_not_handed_to_a_client_that_was_ended_meanwhile(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            post.sent.append("a private letter")
            bot, post.hold = await post.client(), asyncio.Event()
            call = asyncio.create_task(post.http.get("/mail/list", headers=bot))
            while not (await post.state.usage.read()):
                await asyncio.sleep(0)
            await post.state.clients.revoke_all()
            post.hold.set()
            answer = await call
            assert answer.status_code == 401
            assert "a private letter" not in answer.text

    asyncio.run(main())
