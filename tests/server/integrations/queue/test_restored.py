"""A restored backup sends nothing by itself, and nobody may use the queue before the person says so."""

import pytest

from server.integrations.queue import integration
from server.integrations.queue.models import Decision, PromptFile
from server.integrations.queue.states import State
from server.integrations.queue.store import extensions
from server.storage.revocation import revoke_access
from tests.server.integrations.queue.queue_setup import CLIENT, URL, MovableClock, opened

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("column", ["limit_until", "sent_at"])
@pytest.mark.parametrize("limit", ["9e999", "'tomorrow'", "253402300799.0"])
@pytest.mark.parametrize("with_access", [False, True])
async def test_limit_of_a_backup_does_not_stop_the_queue(tmp_path, with_access, limit, column) -> None:
    async with opened(tmp_path) as room:
        statement = f"UPDATE queue_control SET {column} = {limit}"
        await room.context.database.write(lambda connection: connection.exec_driver_sql(statement))
    revoke_access(tmp_path / "deskhand.db", MovableClock().now(), integration.revocations, with_access=with_access)
    async with opened(tmp_path) as room:
        assert (await room.queue.summarize()).limit_until is None
        await room.submit()
        await room.claim()


@pytest.mark.parametrize("with_access", [False, True])
async def test_open_prompts_of_a_backup_wait_for_the_person(tmp_path, with_access) -> None:
    async with opened(tmp_path) as room:
        await room.queue.set_webhook(CLIENT, URL)
        names = ("begun", "given", "waiting", "done")
        begun, given, waiting, done = [await room.submit(name, webhook_url=f"{URL}/own") for name in names]
        await room.begin()
        await room.claim()
        await room.queue.reorder(done.id, waiting.id)
        await room.finish()
    revoke_access(tmp_path / "deskhand.db", MovableClock().now(), integration.revocations, with_access=with_access)
    async with opened(tmp_path, approved=False) as room:
        assert await room.queue.claim("browser", {"find"}) is None
        finished = await room.queue.read(done.id)
        assert (finished.state, finished.webhook_url) == (State.done, None)
        for prompt in (begun, given, waiting):
            held = await room.queue.read(prompt.id)
            assert (held.state, held.webhook_url) == (State.uncertain, None)
            assert held.error_message is not None
        [client] = [client for client in await room.queue.clients() if client.id == CLIENT.id]
        assert (client.approved, client.webhook_url) == ((True, URL) if with_access else (None, ""))
        await room.queue.resolve(waiting.id, Decision.resend)
        await room.queue.set_approval(CLIENT.id, approved=True)
        lease = await room.claim()
        assert (lease.prompt.id, lease.prompt.find_first) == (waiting.id, True)


@pytest.mark.parametrize("with_access", [False, True])
async def test_import_of_a_backup_is_not_ordered_any_more(tmp_path, with_access) -> None:
    empty = {"version": "", "capabilities": "[]", "page": "null", "self_test": "null", "paired_at": 0}
    row = empty | {"id": "b", "client": "b", "name": "Laptop", "browser": "", "origin": "", "imports": True}
    async with opened(tmp_path) as room:
        await room.context.database.write(extensions.add_extension, row)
    revoke_access(tmp_path / "deskhand.db", MovableClock().now(), integration.revocations, with_access=with_access)
    async with opened(tmp_path) as room:
        restored = await room.context.database.read(extensions.list_extensions)
        assert [extension["imports"] for extension in restored] == [False] * with_access


@pytest.mark.parametrize("state", ["done", "failed", "cancelled", "uncertain"])
async def test_ended_prompt_of_a_backup_that_says_it_is_ready_is_not_sent(tmp_path, state) -> None:
    async with opened(tmp_path) as room:
        await room.submit("Send me")
        statement = f"UPDATE queue_prompt SET state = '{state}', ready = 1, worker = NULL"
        await room.context.database.write(lambda connection: connection.exec_driver_sql(statement))
    revoke_access(tmp_path / "deskhand.db", MovableClock().now(), integration.revocations)
    async with opened(tmp_path) as room:
        assert await room.queue.next_claim_at() is None
        assert await room.queue.claim("browser", {"find"}) is None


HOSTILE = [
    ("queue_prompt", "state", "'sent'"),
    ("queue_prompt", "lane", "'fast'"),
    ("queue_prompt", "response_type", "''"),
    ("queue_prompt", "thinking_time", "'long'"),
    *(("queue_prompt", "attachments", text) for text in ("'['", "'{}'", "'[1]'", """'[{"name": "a"}]'""")),
    ("queue_prompt", "attachments", """'[{"name": "a", "content_type": "a/b", "size": -1}]'"""),
    *(("queue_prompt", "notes", text) for text in ("'1'", "'[1]'")),
    *(("queue_prompt", "history", text) for text in ("''", "'[1]'", """'[1, "idle", 1]'""", """'["now", "idle", ""]'""")),
    *(("queue_prompt", name, "9223372036854775807") for name in ("token", "attempts", "ends", "webhook_depth")),
    ("queue_prompt", "token", "-1"),
    ("queue_answer", "lane", "'fast'"),
    ("queue_answer", "notes", "'[1]'"),
    ("queue_answer", "citations", "'[1]'"),
    ("queue_answer", "seconds", "9e999"),
    ("queue_control", "last_prompt", "9223372036854775807"),
]


@pytest.mark.parametrize("with_access", [False, True])
@pytest.mark.parametrize(("table", "column", "value"), HOSTILE)
async def test_backup_with_a_row_that_cannot_be_read_is_refused(tmp_path, table, column, value, with_access) -> None:
    path, now = tmp_path / "deskhand.db", MovableClock().now()
    async with opened(tmp_path) as room:
        await room.submit(attachments=(PromptFile("a.txt", "text/plain", b"a"),))
        await room.submit()
        await room.finish()
    revoke_access(path, now, integration.revocations, with_access=with_access)
    async with opened(tmp_path) as room:
        statement = f"UPDATE {table} SET {column} = {value}"
        await room.context.database.write(lambda connection: connection.exec_driver_sql(statement))
    with pytest.raises((ValueError, TypeError)):
        revoke_access(path, now, integration.revocations, with_access=with_access)
