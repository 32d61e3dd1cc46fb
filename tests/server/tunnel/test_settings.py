import asyncio

import pytest

from server.core.errors import InvalidInput, Unavailable
from server.tunnel.models import TunnelChange
from server.tunnel.settings import TunnelPreferences, check_authtoken, check_domain
from tests.server.access.conftest import Opened


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("desk.ngrok.app", "desk.ngrok.app"),
        (" https://Desk.Ngrok.app/ ", "desk.ngrok.app"),
        ("bold-owl-1.ngrok-free.dev", "bold-owl-1.ngrok-free.dev"),
    ],
)
def test_pasted_domain_is_normalized(text: str, host: str) -> None:
    assert check_domain(text) == host


@pytest.mark.parametrize(
    "text", ["desk", "desk.ngrok.app/path", "a b.example", "-x.example", "x..example", "desk.example:80", "x" * 300]
)
def test_invalid_domain_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"desk\.ngrok\.app"):
        check_domain(text)


@pytest.mark.parametrize("text", ["2abcdefgh_IJ", " 2abcdefgh_IJ\n", "ngrok config add-authtoken 2abcdefgh_IJ", "'2abcdefgh_IJ'"])
def test_authtoken_is_extracted_from_pasted_text(text: str) -> None:
    assert check_authtoken(text) == "2abcdefgh_IJ"


@pytest.mark.parametrize("text", ["", "short", "with\ttab and ünicode", "x" * 201])
def test_invalid_authtoken_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"dashboard\.ngrok\.com"):
        check_authtoken(text)


async def test_missing_fields_stay_and_an_invalid_change_changes_nothing(opened: Opened, monkeypatch) -> None:
    monkeypatch.delenv("NGROK_AUTHTOKEN", raising=False)

    async with opened() as state:
        preferences = TunnelPreferences(state.context)
        assert await preferences.change(TunnelChange(domain="desk.ngrok.app", authtoken="2abcdefgh_IJ"))
        assert not await preferences.change(TunnelChange(keep_awake=True, open_at_start=True))
        settings = preferences.settings
        assert (settings.domain, settings.keep_awake, settings.open_at_start) == ("desk.ngrok.app", True, True)
        with pytest.raises(InvalidInput):
            await preferences.change(TunnelChange(keep_awake=False, domain="no domain"))
        assert preferences.settings == settings
        assert await preferences.has_authtoken()
        await preferences.change(TunnelChange(authtoken=None, domain=None))
        assert not await preferences.has_authtoken()
        assert preferences.settings.domain is None
        monkeypatch.setenv("NGROK_AUTHTOKEN", "2abcdefgh_IJ")
        assert await preferences.has_authtoken()


async def test_simultaneous_changes_lose_nothing(opened: Opened) -> None:
    async with opened() as state:
        preferences = TunnelPreferences(state.context)
        orders = {"domain": "desk.ngrok.app"}, {"keep_awake": True}, {"open_at_start": True}
        await asyncio.gather(*(preferences.change(TunnelChange.model_validate(order)) for order in orders))
        settings = preferences.settings
        assert (settings.domain, settings.keep_awake, settings.open_at_start) == ("desk.ngrok.app", True, True)


async def test_authtoken_that_cannot_be_stored_changes_nothing(opened: Opened) -> None:
    async with opened() as state:
        preferences = TunnelPreferences(state.context)
        (state.home.folders.data / "secrets.json.new").mkdir()
        with pytest.raises(Unavailable):
            await preferences.change(TunnelChange(domain="desk.ngrok.app", authtoken="2abcdefgh_IJ"))
        assert preferences.settings.domain is None
