import sqlite3
from contextlib import closing

import pytest

from server.access.approvals import store
from server.access.approvals.approval import State
from server.access.clients.store import revoke_clients
from server.core.errors import Conflict, NotAuthenticated
from server.sdk.operation import Effect
from server.storage.database import DATABASE_FILE
from tests.server.access.letters import posting


def test_effect_is_stored_completely() -> None:
    effect = Effect(
        "do it",
        (("Text", "ä\n\ud800\u0000" + "x" * 10_000), ("Text", "")),
        ("ann", "bob"),
        html="<p>",
        source="ä" * 10_000,
        once=True,
    )
    assert store.to_effect(store.from_effect(effect)) == effect


async def test_state_changes_once_and_only_from_the_expected_state(opened) -> None:
    async with posting(opened) as post:
        approval = (await post.send(await post.client())).json()["approval_id"]
        stored, write = await post.state.approvals.find(approval), post.state.context.database.write
        entry = await post.last()
        with pytest.raises(Conflict):
            await write(store.claim, stored, entry)
        assert await write(store.move, stored, [State.pending], state=State.approved)
        assert not await write(store.move, stored, [State.pending], state=State.denied)
        await write(store.claim, stored, entry)
        with pytest.raises(Conflict):
            await write(store.claim, stored, entry)
        ended = {"state": State.done, "ended_at": entry.at, "status": 200, "result": "{}"}
        assert await write(store.end, stored, [State.running], entry, ended)
        assert not await write(store.end, stored, [State.running], entry, ended)


async def test_payload_of_a_finished_call_is_removed(opened) -> None:
    async with posting(opened) as post:
        await post.send(await post.client(), "a secret text")
        await post.deny()
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE)) as file:
            assert file.execute("SELECT state, body FROM approval").fetchall() == [("denied", None)]


async def test_call_without_its_approval_request_reports_the_loss(opened) -> None:
    async with posting(opened) as post:
        key = {**await post.client(), "Idempotency-Key": "one"}
        await post.send(key)
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE)) as file:
            file.execute("DELETE FROM approval")
            file.commit()
    async with posting(opened) as post:
        entry = await post.last()
        assert (entry.outcome, entry.reason) == ("refused", store.FORGOTTEN)
        assert (await post.send(key)).status_code == 202, "its key stands for nothing"


async def test_claim_is_refused_after_the_client_was_revoked_even_if_the_cache_does_not_know_yet(opened) -> None:
    async with posting(opened) as post:
        approval = await post.state.approvals.find((await post.send(await post.client())).json()["approval_id"])
        write, entry = post.state.context.database.write, await post.last()
        assert await write(store.move, approval, [State.pending], state=State.approved)
        await write(revoke_clients, entry.at, [approval.client_id])
        with pytest.raises(NotAuthenticated):
            await write(store.claim, approval, entry)
        assert (await post.state.approvals.find(approval.id)).state is State.approved


async def test_call_of_a_revoked_client_is_not_stored_even_if_the_cache_does_not_know_yet(opened) -> None:
    async with posting(opened) as post:
        bot, state = await post.client(), post.state
        client = await state.clients.show("bot")
        await state.context.database.write(revoke_clients, "2026-01-01", [client.id])
        assert (await post.send(bot)).status_code == 401
        assert await state.approvals.list_pending() == []
