"""Permission changes apply to calls in progress."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import httpx2
import pytest

from server.access.clients.registry import Change, Policy
from server.access.clients.store import revoke_clients
from server.sdk.approval_requests import ApprovalDuration
from server.storage.database import DATABASE_FILE
from tests.server.access.letters import posting


async def test_pause_while_a_call_waits_for_the_disk_stops_it(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "one"}
        letter = {"to": "ann", "text": "hi"}
        post.hold_preview = asyncio.Event()
        call = asyncio.create_task(post.http.post("/mail/send", json=letter, headers=bot))
        await asyncio.wait_for(post.previewing.wait(), 60)
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE, isolation_level=None)) as busy:
            busy.execute("BEGIN IMMEDIATE")
            post.hold_preview.set()
            for _ in range(5):
                await asyncio.sleep(0)  # a turn of the loop: the call goes as far as to its row
            await post.state.pause.begin(15)
            busy.execute("ROLLBACK")
        assert ((await call).status_code, post.sent) == (503, [])
        entry = await post.last()
        assert (entry.outcome, entry.decision, entry.reason) == ("refused", "refused", "Deskhand was paused.")
        assert '["To", "ann"]' in (entry.effect or "")
        await post.state.pause.end()
        assert (await post.http.post("/mail/send", json=letter, headers=bot)).json() == {"sent": 1}


async def slowly(rest: asyncio.Event, started: asyncio.Event) -> AsyncIterator[bytes]:
    """Send a letter of which the second half comes late."""
    yield b'{"to": "ann", '
    started.set()
    await rest.wait()
    yield b'"text": "hi"}'


@pytest.mark.parametrize(("change", "status"), [("revoke", 401), ("renew", 401), ("deny", 403), ("scope", 403)])
async def test_permission_change_while_the_body_is_read_holds_for_that_call(opened, change: str, status: int) -> None:
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


async def test_permission_change_while_a_preview_is_made_holds_for_that_call(opened) -> None:
    async with posting(opened, wait_seconds=0) as post:
        headers = await post.client(send_letter="allow")
        post.hold_preview = asyncio.Event()
        call = asyncio.create_task(post.http.post("/mail/send", json={"to": "ann"}, headers=headers))
        await asyncio.sleep(0)
        await post.state.clients.change("bot", Change(policies={"send_letter": Policy.ask}))
        post.hold_preview.set()
        assert ((await call).status_code, post.sent) == (202, [])


async def test_everything_off_stops_every_call_in_progress(opened) -> None:
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


async def test_result_of_a_read_is_withheld_from_a_client_revoked_meanwhile(opened) -> None:
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


CHANGES = [("pause", "allow", 503), ("revoke", "allow", 401), ("deny", "allow", 403), ("ask", "allow", 403), ("end", "ask", 403)]


@pytest.mark.parametrize(("change", "policy", "status"), CHANGES)
async def test_permission_change_while_a_call_is_queued_holds_for_that_call(
    opened, change: str, policy: str, status: int
) -> None:
    async with posting(opened) as post:
        bot, state = await post.client(send_letter=policy), post.state
        allowances = state.approvals.allowances
        if policy == "ask":
            await post.send(bot, "first")
            await post.approve(ApprovalDuration.temporary)
            async with asyncio.timeout(60):
                while not post.sent:
                    await asyncio.sleep(0.005)
        before, post.hold = list(post.sent), asyncio.Event()
        call = asyncio.create_task(post.send(bot, wait=True))
        async with asyncio.timeout(60):
            while not any(entry.outcome == "running" for entry in await state.activity.list(1)):
                await asyncio.sleep(0.005)
        if change == "pause":
            await state.pause.begin(15)
        elif change == "revoke":
            await state.clients.revoke_all()
        elif change == "end":
            client = await state.clients.show("bot")
            await allowances.end(client.id, (await allowances.list(client.id))[0].id)
        else:
            await state.clients.change("bot", Change(policies={"send_letter": Policy(change)}))
        post.hold.set()
        assert ((await call).status_code, post.sent) == (status, before)
        entry = await post.last()
        assert (entry.outcome, entry.decision) == ("refused", "refused")
        assert entry.reason


@pytest.mark.parametrize(("change", "status"), [("pause", 503), ("deny", 403), ("ask", 403), ("revoke", 401)])
async def test_change_while_the_row_is_written_stops_a_call_that_does_not_check_again(opened, change: str, status: int) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(invite_people="allow"), "Idempotency-Key": "one"}
        post.hold_preview = asyncio.Event()
        call = asyncio.create_task(post.invite(bot, "ann", text="hi"))
        await asyncio.wait_for(post.previewing.wait(), 60)
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE, isolation_level=None)) as other:
            if change in {"deny", "ask"}:  # as if it were in the same transaction
                other.execute("UPDATE client SET policies = ?", (json.dumps({"invite_people": change}),))
            elif change == "revoke":
                other.execute("UPDATE api_key SET revoked_at = '2026-01-01'")
            other.execute("BEGIN IMMEDIATE")
            post.hold_preview.set()
            for _ in range(5):
                await asyncio.sleep(0)  # a turn of the loop: the call goes as far as to its row
            await (post.state.pause.begin(15) if change == "pause" else post.state.clients.reload())
            other.execute("ROLLBACK")
        assert ((await call).status_code, post.sent) == (status, [])
        assert (await post.last()).outcome == "refused"


async def test_revoked_key_starts_no_call_even_if_the_cache_does_not_know_yet(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client(invite_people="allow")
        client = await post.state.clients.show("bot")
        await post.state.context.database.write(revoke_clients, "2026-01-01", [client.id])
        assert ((await post.invite(bot, "ann")).status_code, post.sent) == (401, [])
        assert ((await post.last()).outcome, (await post.last()).reason) == ("refused", "Its key was revoked.")
