import asyncio

from server.integrations.queue.states import State


async def test_replaced_connection_has_ended_before_the_next_one_takes_part(bridge):
    async with bridge.extension() as earlier:
        prompt = await bridge.submit()
        await earlier.begin(await earlier.take())
        async with bridge.extension() as later:
            assert await bridge.read_state(prompt.id) is State.uncertain
            assert len(bridge.extensions.hub) == 1
            await later.settle()


async def test_many_connections_of_one_extension_leave_the_last(bridge):
    async def come_and_go():
        async with bridge.extension() as peer:
            await peer.read_close()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(come_and_go()) for _ in range(5)]
        async with asyncio.timeout(60):
            while sum(task.done() for task in tasks) < 4:
                await asyncio.sleep(0.01)
        assert len(bridge.extensions.hub) == 1
        await bridge.state.context.tasks.wait("nothing", 0)
        (session,) = bridge.extensions.hub
        for task in tasks:
            task.cancel()
    del session


async def test_prompt_that_ends_elsewhere_frees_its_extension(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        await peer.take()
        await bridge.queue.cancel(prompt.id)
        assert (await peer.receive())["type"] == "cancel"
        following = await bridge.submit()
        assert (await peer.take())["request_id"] == following.id
