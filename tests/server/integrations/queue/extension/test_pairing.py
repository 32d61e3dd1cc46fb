import pytest

from server.core.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests
from server.integrations.queue.extension.hub import Hub
from server.integrations.queue.extension.pairing import ALPHABET, ATTEMPTS, CONFIRM_TIME, Pairing
from server.integrations.queue.extension.registry import Registry
from server.sdk.approval_requests import ApprovalDuration
from tests.conftest import ROOT

ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


@pytest.fixture
async def registry(state):
    return Registry(state.context, Hub())


@pytest.fixture
async def pairing(state, registry):
    pairing = Pairing(state.context, registry)
    state.context.approval_requests.add(pairing)
    return pairing


def enter(pairing, code, origin=ORIGIN):
    return pairing.enter(code, "Work laptop", "Chromium 156", origin)


def find_wrong(code):
    return ("A" if code[0] != "A" else "B") + code[1:]


async def test_code_is_eight_characters_that_look_like_no_others(pairing):
    codes = {pairing.begin().code for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 8 and set(code) <= set(ALPHABET) for code in codes)
    assert not set(ALPHABET) & set("ILO01")


async def test_confirmed_extension_gets_a_key_with_its_scope_alone_once(pairing, state):
    code = pairing.begin().code
    request = enter(pairing, f" {code[:4].lower()}-{code[4:]} ")
    assert await pairing.fetch_key(request.secret) is None
    (question,) = await state.context.approval_requests.list()
    assert (question.id, question.client) == (request.id, "Work laptop")
    assert ("Origin", ORIGIN) in question.fields
    await state.context.approval_requests.approve(question.id)
    assert await state.context.approval_requests.list() == []
    key = await pairing.fetch_key(request.secret)
    client = state.clients.find(key)
    assert client
    assert client.scopes == {"extension"}
    with pytest.raises(NotFound):
        await pairing.fetch_key(request.secret)


async def test_paired_extension_is_registered_and_its_origin_may_connect(pairing, registry):
    request = enter(pairing, pairing.begin().code)
    await pairing.approve(request.id, ApprovalDuration.once, None)
    await pairing.fetch_key(request.secret)
    extension = (await registry.list())[-1]
    assert (extension.name, extension.browser, extension.origin) == ("Work laptop", "Chromium 156", ORIGIN)
    assert not extension.connected
    assert registry.origins == {ORIGIN}


async def test_denied_extension_gets_no_key(pairing, state):
    before = await state.clients.list()
    request = enter(pairing, pairing.begin().code)
    await state.context.approval_requests.deny(request.id)
    with pytest.raises(Forbidden, match="not allowed"):
        await pairing.fetch_key(request.secret)
    assert await state.clients.list() == before


async def test_code_ends_after_five_attempts(pairing):
    code = pairing.begin().code
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(Forbidden):
            enter(pairing, find_wrong(code))
    with pytest.raises(TooManyRequests):
        enter(pairing, find_wrong(code))
    with pytest.raises(Forbidden):
        enter(pairing, code)


async def test_code_ends_after_two_minutes(pairing, clock):
    code = pairing.begin().code
    clock.move(seconds=120)
    with pytest.raises(Forbidden):
        enter(pairing, code)


async def test_code_is_valid_once_and_until_the_next_one(pairing):
    earlier = pairing.begin().code
    code = pairing.begin().code
    with pytest.raises(Forbidden):
        enter(pairing, earlier)
    enter(pairing, code)
    with pytest.raises(Forbidden):
        enter(pairing, code)


@pytest.mark.parametrize("origin", ["https://chatgpt.com", "null", f"{ORIGIN},https://a.example"])
async def test_web_page_enters_no_code_and_uses_up_no_attempt(pairing, origin):
    code = pairing.begin().code
    for _ in range(ATTEMPTS + 1):
        with pytest.raises(Forbidden, match="Only a browser extension"):
            enter(pairing, find_wrong(code), origin)
    enter(pairing, code)


@pytest.mark.parametrize("secret", ["", "x", "é"])
async def test_key_is_fetched_with_the_secret_of_the_request_alone(pairing, secret):
    request = enter(pairing, pairing.begin().code)
    await pairing.approve(request.id, ApprovalDuration.once, None)
    with pytest.raises(NotFound):
        await pairing.fetch_key(secret)
    assert await pairing.fetch_key(request.secret)


async def test_confirmation_is_a_plain_yes_once_and_within_its_time(pairing, clock):
    request = enter(pairing, pairing.begin().code)
    with pytest.raises(InvalidInput):
        await pairing.approve(request.id, ApprovalDuration.always, None)
    with pytest.raises(NotFound):
        await pairing.approve("pairing-other", ApprovalDuration.once, None)
    await pairing.approve(request.id, ApprovalDuration.once, None)
    with pytest.raises(Conflict):
        await pairing.deny(request.id, "")
    clock.move(minutes=15)
    with pytest.raises(NotFound):
        await pairing.fetch_key(request.secret)


async def test_name_is_one_visible_line(pairing):
    request = pairing.enter(pairing.begin().code, "Good\n\u202eevil" + "x" * 500, "Chromium", ORIGIN)
    assert "\n" not in request.name
    assert "\u202e" not in request.name
    assert len(request.name) < 120


def test_extension_waits_for_the_key_as_long_as_the_person_can_confirm():
    source = (ROOT / "ui/extension/worker/pairing.js").read_text(encoding="utf-8")
    assert f"const CONFIRM = {CONFIRM_TIME.total_seconds():.0f} " in source
