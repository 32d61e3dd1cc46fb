import pytest

from server.core.errors import Unavailable
from server.sdk.paired_clients import PairedClients


async def test_no_client_is_made_without_a_server():
    with pytest.raises(Unavailable):
        await PairedClients().pair("Chromium", "extension")
    await PairedClients().unpair("client")
