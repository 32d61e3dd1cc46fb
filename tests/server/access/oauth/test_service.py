import pytest

from desktop.server_thread import BackgroundServer
from server.access.oauth.models import SECTION, OAuthSettings
from server.core.errors import Unavailable
from server.integrations import discover
from server.lifecycle.program import Options, Program
from server.sdk.desktop import NoScreen
from tests.server.access.oauth.conftest import AdvancingClock
from tests.server.access.oauth.programs import approve, landed, own
from tests.server.conftest import Served


def test_retried_refresh_gets_the_same_response_after_a_restart(serve):
    first, clock = serve(demo=True), AdvancingClock()
    program = own(first)
    old = program.sign_in()["refresh_token"]
    new = program.refresh(old).json()
    assert first.background.stop()
    clock.move(minutes=10)
    data = first.data
    second = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True), NoScreen(), clock))
    ready = second.start()
    program.served = Served(second, ready.public, ready.local, data)
    assert program.refresh(old).json()["refresh_token"] == new["refresh_token"]
    clock.move(seconds=31)
    assert program.refresh(old).status_code == 400
    assert second.stop()


async def test_tokens_are_refreshed_without_a_keyring(opened, monkeypatch):
    async def refuse(*_):
        raise Unavailable("The keyring is locked.")

    async with opened() as state:
        monkeypatch.setattr(state.context.secrets, "get", refuse)
        answer = await state.oauth.exchange((("grant_type", "refresh_token"), ("refresh_token", "x")), {})
        assert answer.body["error"] == "invalid_client"


async def test_sign_in_that_cannot_be_stored_stays_pending(opened, monkeypatch):
    pairs = (("response_type", "code"), ("redirect_uri", "https://chatgpt.com/aip/g-1/oauth/callback"))

    async with opened() as state:
        state.runtime.describe(discover)
        await state.runtime.wait()
        _, pair = await state.programs.create("bot", frozenset({"read:apps"}), {})
        answer, cookie = await state.oauth.authorize("GET", (*pairs, ("client_id", pair.client_id)))
        name = answer.headers["Location"].rpartition("/")[2]
        pending = state.oauth.pending.find(name, cookie)
        await state.context.approval_requests.approve(name, code=pending.digits)

        async def refuse(*_):
            raise Unavailable("The disk is full.")

        with monkeypatch.context() as patched:
            patched.setattr(state.context.database, "write", refuse)
            with pytest.raises(Unavailable):
                await state.oauth.finish(pending)
        again = state.oauth.pending.find(name, cookie)
        assert "code=" in (await state.oauth.finish(again)).headers["Location"]


def test_sign_in_is_published_to_the_window(served):
    program = own(served)
    program.begin()
    approve(served, program.browser)
    assert landed(program.browser.look())["code"]
    assert served.person("GET", "/api/clients/my-gpt").json()["oauth"]["grants"] == [], "until the code is brought"


async def test_registration_that_is_turned_off_while_a_body_is_read_is_refused(opened):
    body = b'{"redirect_uris": ["http://127.0.0.1:7777/callback"], "token_endpoint_auth_method": "none"}'
    async with opened() as state:

        async def read():
            await state.context.settings.write(SECTION, OAuthSettings(registration_allowed=False))
            return body

        await state.context.settings.write(SECTION, OAuthSettings(registration_allowed=True))
        assert (await state.oauth.register(read)).status == 403
