"""Copies of conversations at OpenAI."""

import pytest

from server.core.errors import NotFound
from server.integrations.conversations.fake import KEY, Fault
from server.integrations.conversations.library.models import ChatFilter
from server.integrations.conversations.live import sync
from server.integrations.conversations.live.sync_models import SyncState
from server.integrations.conversations.live.sync_operations import describe
from server.integrations.conversations.store import reading
from tests.server.integrations.conversations.library_setup import Said, store
from tests.server.integrations.conversations.live_setup import opened, until

pytestmark = pytest.mark.anyio


async def fill(live, count: int = 3) -> list[str]:
    """Start conversations without a Conversation at OpenAI."""
    return [(await live.chats.create("1", f"Chat {number}"))[0].id for number in range(count)]


async def ended(live, run):
    async def look():
        latest = await live.service.syncs.find(run.id, None)
        return latest if latest.state is not SyncState.running else None

    return await until(look)


async def test_run_creates_a_conversation_for_each_live_one_that_has_none(live) -> None:
    ids = await fill(live)
    chat, posted = await live.ask("This one has one")
    await live.end(chat, posted)
    await live.chats.create("1", "Secret", temporary=True)
    plan = await live.service.syncs.plan([], "")
    assert (list(plan.live.chats), plan.imported.chats, [item.chat for item in plan.items]) == (ids, (), ids)
    run = await ended(live, await live.service.syncs.start(plan, "c1"))
    assert (run.state, run.created, run.failed) == (SyncState.done, 3, ())
    assert all([(await live.chats.find(chat_id)).thread_id for chat_id in ids])
    assert (await live.service.syncs.plan([], "")).items == ()


async def test_messages_of_the_path_are_copied(live) -> None:
    chat, _ = await live.chats.create("1", "Notes")
    for text in ("One", "Two"):
        await live.chats.send(chat.id, text, role="assistant")
    run = await live.service.syncs.start(await live.service.syncs.plan([], ""), "")
    await ended(live, run)
    thread_id = (await live.chats.find(chat.id)).thread_id
    assert len(live.fake.account.items[thread_id]) == 2


async def test_refused_conversation_is_reported_and_others_go_on(live) -> None:
    await fill(live)
    live.fake.faults.order(Fault("/v1/conversations", status=400, message="No."))
    run = await ended(live, await live.service.syncs.start(await live.service.syncs.plan([], ""), ""))
    assert (run.state, run.created, len(run.failed)) == (SyncState.done, 2, 1)
    assert "No." in run.failed[0].reason


async def test_lost_answer_is_not_sent_again(live) -> None:
    await fill(live, 1)
    live.fake.drop_next(path="/v1/conversations", after=True)
    run = await ended(live, await live.service.syncs.start(await live.service.syncs.plan([], ""), ""))
    assert (run.created, len(run.failed), len(live.fake.requests.find("/v1/conversations"))) == (0, 1, 1)


async def test_run_waits_for_a_key_and_can_be_cancelled(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        await fill(live)
        syncs = live.service.syncs
        run = await syncs.start(await syncs.plan([], ""), "c1")
        await until(lambda: has_error(live, run))
        assert (await syncs.cancel(run.id, "c1")).state is SyncState.cancelled
        second = await syncs.start(await syncs.plan([], ""), "c1")
        await live.openai.set_key(KEY)
        assert (await ended(live, second)).created == 3
        assert (await syncs.find(run.id, "c1")).created == 0


async def has_error(live, run) -> bool:
    return bool((await live.service.syncs.find(run.id, None)).error)


async def test_run_goes_on_after_the_program_ended_and_does_not_repeat_what_was_being_sent(tmp_path, fake_openai) -> None:
    fake_openai.faults.order(Fault("/v1/conversations", seconds=1))
    async with opened(tmp_path, fake_openai) as live:
        await fill(live)
        run = await live.service.syncs.start(await live.service.syncs.plan([], ""), "")
        await until(lambda: is_sending(live))
    async with opened(tmp_path, fake_openai) as live:
        run = await ended(live, run)
        assert (run.state, run.created, len(run.failed)) == (SyncState.done, 2, 1)
        assert len(fake_openai.requests.find("/v1/conversations")) == 3


async def is_sending(live) -> bool:
    return bool(live.fake.requests.find("/v1/conversations"))


async def test_imported_conversations_are_copied_only_if_they_are_named(live) -> None:
    for number in range(3):
        said = [Said("Question"), Said("Answer", "assistant")]
        await live.context.archive.write(store, f"imported-{number}", said, {"source": "chatgpt"})
    assert (await live.service.syncs.plan([], "")).items == ()
    plan = await live.service.syncs.plan(["imported-0", "imported-2"], "")
    assert (plan.live.chats, len(plan.imported.chats), plan.imported.messages) == ((), 2, 4)
    assert dict(describe(plan).fields)["Imported conversations"] == "2"
    run = await ended(live, await live.service.syncs.start(plan, ""))
    assert (run.created, len(live.fake.account.conversations)) == (2, 2)


async def test_imported_conversation_is_copied_once_and_an_unknown_one_is_named(live) -> None:
    await live.context.archive.write(store, "old", [Said("Hello")], {"source": "chatgpt", "title": "Old"})
    run = await ended(live, await live.service.syncs.start(await live.service.syncs.plan(["old"], ""), ""))
    assert (run.created, run.failed) == (1, ())
    assert (await live.service.syncs.plan(["old"], "")).items == ()
    with pytest.raises(NotFound, match="no imported conversation with the id nope"):
        await live.service.syncs.plan(["old", "nope"], "")


async def test_client_sees_its_own_runs_alone(live) -> None:
    run = await live.service.syncs.start(await live.service.syncs.plan([], ""), "c1")
    with pytest.raises(NotFound):
        await live.service.syncs.find(run.id, "c2")
    with pytest.raises(NotFound):
        await live.service.syncs.cancel(run.id, "c2")


async def test_imported_conversation_is_copied_once_however_long_openai_is_out_of_reach(live, monkeypatch) -> None:
    monkeypatch.setattr(sync, "PAUSE_SECONDS", 0.01)
    await live.context.archive.write(store, "old", [Said("Hello")], {"source": "chatgpt", "title": "Old"})
    live.fake.fail_next(429, path="/v1/conversations", times=2, retry_after=0.01)
    run = await ended(live, await live.service.syncs.start(await live.service.syncs.plan(["old"], ""), ""))
    assert (run.created, len(live.fake.requests.find("/v1/conversations"))) == (1, 3)
    assert await live.context.database.read(reading.count_chats, ChatFilter()) == 1


async def test_run_waits_while_another_service_is_used(live) -> None:
    await fill(live, 1)
    await live.openai.change(base_url=live.fake.base_url)
    run = await live.service.syncs.start(await live.service.syncs.plan([], ""), "")
    await until(lambda: has_error(live, run))
    await live.openai.change(base_url="")
    assert (await ended(live, run)).created == 1
    assert len(live.fake.requests.find("/v1/conversations")) == 1
