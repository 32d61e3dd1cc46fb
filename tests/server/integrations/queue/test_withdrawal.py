import asyncio

import pytest
from sqlalchemy import Connection

from server.access.clients.registry import Change, Policy
from server.integrations.queue.models import ClientRef, PromptOrder, PromptResult
from server.outbound.webhooks.tables import webhook_delivery, webhook_endpoint
from tests.server.integrations.queue.queue_setup import URL
from tests.server.integrations.queue.rest_setup import Served, serving

CHANGES = {
    "scope": Change(scopes=frozenset({"read:queue"})),
    "policy": Change(policies={"submit_prompt": Policy.deny}),
}


async def wait_for(served: Served, prompt_id: str, status: str) -> None:
    async with asyncio.timeout(30):
        while (await served.queue.read(prompt_id)).status != status:
            await served.queue.changes.wait(seconds=0.05)


@pytest.mark.parametrize("lost", ["key", *CHANGES])
async def test_waiting_prompts_of_a_client_that_may_submit_no_more_are_cancelled(tmp_path, lost: str) -> None:
    async with serving(tmp_path) as served:
        bot, other = await served.allowed(), await served.allowed("other")
        begun = await served.submit(bot)
        lease = await served.begin()
        waiting, others = await served.submit(bot), await served.submit(other)
        await (served.state.clients.change("bot", CHANGES[lost]) if lost in CHANGES else served.state.clients.revoke("bot"))
        await wait_for(served, waiting["id"], "failed")
        assert (await served.queue.read(others["id"])).status == "idle"
        assert (lease.prompt.id, (await served.queue.read(begun["id"])).status) == (begun["id"], "executing")


async def test_key_that_was_revoked_while_nothing_ran_takes_its_prompts_along_and_unknown_clients_keep_theirs(tmp_path) -> None:
    async with serving(tmp_path) as served:
        prompt = await served.submit(await served.allowed())
        unknown = await served.queue.submit(ClientRef("unknown", "unknown"), PromptOrder(message="Hi"))
        await served.state.runtime.stop()
        await served.state.clients.revoke("bot")
        assert (await served.queue.read(prompt["id"])).status == "idle"
    async with serving(tmp_path) as served:
        assert (await served.queue.read(prompt["id"])).status == "failed"
        assert (await served.queue.read(unknown.id)).status == "idle"


async def test_new_key_of_a_client_changes_nothing(tmp_path) -> None:
    async with serving(tmp_path) as served:
        prompt = await served.submit(await served.allowed())
        await served.state.clients.renew_key("bot")
        gone = await served.submit(await served.allowed("other"))
        await served.state.clients.revoke("other")
        await wait_for(served, gone["id"], "failed")
        assert (await served.queue.read(prompt["id"])).status == "idle"


async def read_receivers(served: Served) -> list[str]:
    def read(connection: Connection) -> list[str]:
        joined = webhook_delivery.join(webhook_endpoint, webhook_endpoint.c.id == webhook_delivery.c.endpoint_id)
        return sorted(row.url for row in connection.execute(joined.select()))

    return await served.state.context.database.read(read)


async def test_revoked_client_gets_no_result_of_what_goes_on(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot, denied = await served.allowed(), await served.allowed("denied")
        answer = await served.http.put("/api/chat/webhook/", json={"webhook_url": f"{URL}/bot"}, headers=bot)
        assert answer.status_code == 200
        await served.submit(bot)
        await served.submit(bot, webhook_url=f"{URL}/own")
        await served.submit(denied, webhook_url=f"{URL}/denied")
        leases = [await served.begin() for _ in range(3)]
        await served.state.clients.change("denied", CHANGES["policy"])
        waiting = await served.submit(bot)
        await served.state.clients.revoke("bot")
        await wait_for(served, waiting["id"], "failed")
        for lease in leases:
            await served.queue.complete(lease.prompt.id, lease.token, PromptResult("An answer"))
        assert await read_receivers(served) == [f"{URL}/denied"]


async def test_prompt_that_a_browser_gives_back_is_not_sent_for_a_client_that_was_revoked(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt = await served.submit(bot)
        lease = await served.begin()
        waiting = await served.submit(bot)
        await served.state.clients.revoke("bot")
        await wait_for(served, waiting["id"], "failed")
        await served.queue.release(lease.prompt.id, lease.token)
        assert (await served.queue.read(prompt["id"])).status == "failed"


@pytest.mark.parametrize("is_begun", [False, True])
async def test_prompt_with_a_browser_is_not_sent_later_for_a_client_that_was_denied(tmp_path, is_begun: bool) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt = await served.submit(bot)
        lease = await (served.begin() if is_begun else served.queue.claim("extension"))
        assert lease
        waiting = await served.submit(bot) if is_begun else prompt
        await served.state.clients.change("bot", CHANGES["policy"])
        await wait_for(served, waiting["id"], "failed")
        if is_begun:
            await served.queue.release(prompt["id"], lease.token)
        await wait_for(served, prompt["id"], "failed")
