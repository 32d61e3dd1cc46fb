from server.integrations.queue.service import QueueService
from tests.server.integrations.queue.rest_setup import serving


async def test_service_is_there_with_its_sources_of_questions_and_ends_with_the_server(tmp_path) -> None:
    async with serving(tmp_path) as served:
        service = served.state.runtime.services[QueueService]
        await service.refresh()
        assert (service.problem, service.setup_hint) == (None, "Connect your browser under Browser queue.")
        await served.submit(await served.client())
        (request,) = await served.requests()
        assert request.id.startswith("queue-")
