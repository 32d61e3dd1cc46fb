import asyncio
import json
import threading

import httpx2
import pytest
from fastapi import Depends

from server.access.activity.entry import redact
from server.access.guard import record
from server.core.errors import UpstreamFailed
from server.http.in_process import OPERATION
from server.runtime.state import RateLimits
from server.sdk.operation import Operations
from tests.server.access.letters import posting


def make_notes() -> Operations:
    """Make a router with an operation whose value is the application's own, and with one that ingests."""
    notes = Operations(prefix="/notes", title="Notes")

    @notes.operation("GET", "", scope="read:mail")
    async def list_notes(most: int = 10, _service: object = Depends(object)) -> int:
        """List the notes."""
        return most

    @notes.operation("POST", "", scope="write:mail", ingests=True)
    async def add_note(text: str) -> str:
        """Add a note."""
        return text

    return notes


async def test_unauthenticated_request_is_refused_before_its_body_is_read(opened) -> None:
    async with posting(opened) as post:
        for headers in ({}, {"Authorization": "Bearer dh_wrong"}, {"X-API-Key": "dh_wrong"}, {"Authorization": "Basic eDp5"}):
            answer = await post.http.post("/mail/send", content=b"{broken", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
        assert await post.state.activity.list() == []


async def test_credential_is_accepted_in_every_header_and_two_credentials_are_refused(opened) -> None:
    async with posting(opened) as post:
        key = (await post.client())["Authorization"].removeprefix("Bearer ")
        for headers in ({"X-API-Key": key}, {"Authorization": f"bearer {key}"}, {"Authorization": f"ApiKey {key}"}):
            assert (await post.http.get("/mail/list", headers=headers)).status_code == 200
        both = {"X-API-Key": key, "Authorization": f"Bearer {key}"}
        assert (await post.http.get("/mail/list", headers=both)).status_code == 200
        refused = await post.http.get("/mail/list", headers=both | {"X-API-Key": "dh_another"})
        assert (refused.status_code, "two different keys" in refused.json()["detail"]) == (401, True)


async def test_missing_scope_is_refused_and_recorded_before_the_body_is_read(opened) -> None:
    async with posting(opened) as post:
        reader = await post.client(scopes="read:mail", send_letter="allow")
        answer = await post.http.post("/mail/send", content=b"{broken", headers=reader)
        assert answer.status_code == 403
        assert "write:mail" in answer.json()["detail"]
        assert (await post.last()).outcome == "refused"
        assert post.sent == []


@pytest.mark.parametrize("refusal", ["deny", "pause"])
async def test_large_body_of_a_call_that_is_refused_anyway_is_not_read(opened, refusal: str) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="deny" if refusal == "deny" else "allow"), "Content-Type": "application/json"}
        if refusal == "pause":
            await post.state.pause.begin(15)
        read = []

        async def large():
            for _ in range(2):
                read.append(1)
                yield b"{broken" * 100_000

        for headers in (bot, {**bot, "Content-Length": "1400000"}):
            answer = await post.http.post("/mail/send", content=large(), headers=headers)
            assert (answer.status_code, read) == (403 if refusal == "deny" else 503, [])
            entry = await post.last()
            assert (entry.outcome, entry.decision, entry.arguments) == ("refused", "refused", None)


async def test_small_body_of_a_call_that_is_refused_is_recorded(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client(send_letter="deny")
        assert (await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)).status_code == 403
        assert '"text": "hi"' in ((await post.last()).arguments or "")


async def test_large_arguments_are_searched_for_secrets_while_others_go_on(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def note(value):
        threads.append(threading.current_thread())
        return redact(value)

    monkeypatch.setattr(record, "redact", note)
    async with posting(opened) as post:
        bot = await post.client(send_letter="allow")
        for text in ("hi", "x" * 70_000):
            assert (await post.http.post("/mail/send", json={"to": "ann", "text": text}, headers=bot)).status_code == 200
    assert [thread is threading.main_thread() for thread in threads] == [True, False]


async def test_changing_call_waits_for_approval(opened) -> None:
    async with posting(opened, wait_seconds=0) as post:
        bot = await post.client()
        answer = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
        assert answer.status_code == 202
        entry = await post.last()
        assert (entry.outcome, entry.sentence, post.sent) == ("waiting", "send a letter to ann", [])


async def test_allowed_call_runs_and_denied_call_does_not(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client(send_letter="allow", list_letters="deny")
        assert (await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)).json() == {"sent": 1}
        entry = await post.last()
        assert (entry.outcome, entry.decision, entry.status) == ("done", "allowed", 200)
        assert '["To", "ann"]' in (entry.effect or "")
        assert (await post.http.get("/mail/list", headers=bot)).status_code == 403


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
async def test_invalid_body_is_422_without_approval_and_is_recorded(opened, body: bytes) -> None:
    async with posting(opened) as post:
        bot = await post.client(send_letter="allow")
        answer = await post.http.post("/mail/send", content=body, headers={**bot, "Content-Type": "application/json"})
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("The request does not fit.")
        assert (await post.last()).outcome == "failed"
        assert post.sent == []


async def test_failed_preview_ends_the_call_before_it_runs(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client(send_letter="allow")
        answer = await post.http.post("/mail/send", json={"to": "nobody"}, headers=bot)
        assert (answer.status_code, post.sent) == (404, [])
        assert (await post.last()).outcome == "failed"


async def test_failure_is_a_response_and_a_row_and_an_unexpected_error_discloses_nothing(opened, caplog) -> None:
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


async def test_exceeded_rate_limit_is_429_with_retry_after_and_one_row(opened) -> None:
    async with posting(opened, RateLimits(reading="2/minute")) as post:
        bot = await post.client()
        answers = [await post.http.get("/mail/list", headers=bot) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0", "0"]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 60
        assert [entry.status for entry in await post.state.activity.list()] == [429, 200, 200]


async def test_reads_continue_while_paused_and_changes_are_refused(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client(send_letter="allow")
        await post.state.pause.begin(15)
        answer = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "900")
        assert (await post.last()).reason == "Deskhand was paused."
        assert (await post.http.get("/mail/list", headers=bot)).status_code == 200
        assert post.sent == []


async def test_revoked_key_is_refused_at_once(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        assert (await post.http.get("/mail/list", headers=bot)).status_code == 200
        await post.state.clients.revoke("bot")
        assert (await post.http.get("/mail/list", headers=bot)).status_code == 401


async def test_client_without_the_scope_is_rate_limited_too(opened) -> None:
    async with posting(opened, RateLimits(changing="2/minute")) as post:
        reader = await post.client(scopes="read:mail")
        answers = [await post.http.post("/mail/send", json={"to": "ann"}, headers=reader) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [403, 403, 429, 429]


async def test_key_in_a_text_is_redacted_in_activity(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client(send_letter="allow")
        await post.http.post("/mail/send", json={"to": "ann", "text": "my key is dh_0123456789abcdef"}, headers=bot)
        assert "dh_0123456789" not in str(await post.last())


async def test_recorded_arguments_are_those_of_the_caller(opened) -> None:
    async with posting(opened) as post:
        post.state.inside.app.include_router(make_notes())
        assert (await post.http.get("/notes?most=3", headers=await post.client())).json() == 3
        assert json.loads((await post.last()).arguments) == {"most": 3}


async def test_ingesting_is_refused_while_paused(opened) -> None:
    async with posting(opened) as post:
        post.state.inside.app.include_router(make_notes())
        bot = await post.client()
        assert (await post.http.post("/notes?text=hi", headers=bot)).json() == "hi"
        await post.state.pause.begin(15)
        assert (await post.http.post("/notes?text=hi", headers=bot)).status_code == 503
        assert (await post.last()).reason == "Deskhand was paused."


async def test_path_that_leads_to_another_operation_is_not_found(opened) -> None:
    async with posting(opened) as post:
        app, bot = post.state.inside.app, await post.client()
        for operation, status in (("list_letters", 200), ("send_letter", 404)):

            async def send_as(scope, receive, send, name=operation) -> None:
                await app(scope | {OPERATION: name}, receive, send)

            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(send_as), base_url="http://test") as http:
                assert (await http.get("/mail/list", headers=bot)).status_code == status
        assert len(await post.state.activity.list()) == 1


async def test_reading_call_of_a_disconnected_caller_is_recorded(opened) -> None:
    async with posting(opened) as post:
        bot, post.hold = await post.client(), asyncio.Event()
        call = asyncio.create_task(post.http.get("/mail/list", headers=bot))
        async with asyncio.timeout(60):
            while not post.state.activity.running():
                await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        entry = await post.last()
        assert (entry.operation, entry.outcome, entry.status) == ("list_letters", "failed", 499)
