"""The HTTP client for services that the person chose."""

import pytest

from server.core.clock import Clock
from server.outbound.network_client import NetworkClient
from server.sdk.service_http import ServiceHttp
from tests.server.integrations.conversations.desk import make_context

pytestmark = pytest.mark.anyio


async def test_services_share_a_client_of_checked_addresses(tmp_path):
    async with make_context(tmp_path / "data", Clock()) as context:
        services = ServiceHttp(context)
        client = await services.get("http://models.lan/v1")
        assert isinstance(client, NetworkClient)
        assert await services.get("http://127.0.0.1:11434/v1") is client
        assert await services.get("") is await context.http.get() is not client
