import pytest

from server.access.clients.paired import make_name
from server.access.origins import SECTION, OriginSettings

ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("browser-Chromium 156", "browser-chromium-156"),
        ("Ánná's PC", "anna-s-pc"),
        ("浏览器", "paired"),
        ("x" * 90, "x" * 30),
        (" -- ", "paired"),
        ("a" * 29 + " b", "a" * 29),
    ],
)
def test_name_is_made_of_any_text(text, name):
    assert make_name(text) == name


async def test_paired_client_has_one_scope_and_its_origin_may_call(opened):
    async with opened() as state:
        pairing = state.context.paired_clients
        client_id, key = await pairing.pair("Chromium", "extension", ORIGIN)
        client = state.clients.find(key)
        assert client
        assert (client.id, client.name, client.scopes, client.policies) == (client_id, "chromium", {"extension"}, {})
        assert (await pairing.pair("Chromium", "extension"))[0] != client_id
        assert sorted(other.name for other in await state.clients.list()) == ["chromium", "chromium-2"]
        assert state.context.settings.read(SECTION, OriginSettings).allowed == [ORIGIN]


async def test_unpaired_client_is_revoked_and_other_origins_stay(opened):
    async with opened() as state:
        pairing = state.context.paired_clients
        await state.context.settings.write(SECTION, OriginSettings(allowed=["https://notes.example.org"]))
        client_id, key = await pairing.pair("Chromium", "extension", ORIGIN)
        await pairing.unpair(client_id, ORIGIN)
        assert state.clients.find(key) is None
        assert state.context.settings.read(SECTION, OriginSettings).allowed == ["https://notes.example.org"]
