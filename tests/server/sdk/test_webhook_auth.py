import asyncio

import anyio
import pytest

from server.core.errors import NotAuthenticated, NotFound, TooManyRequests
from server.sdk.context import Context
from server.sdk.webhook_auth import SignedRequest, WebhookAuthenticator, WebhookSettings
from tests.server.sdk import example_sender
from tests.server.sdk.example_sender import sign

OLD, NEW = "the first secret", "the second secret"


def make_authenticator(context: Context) -> WebhookAuthenticator:
    return WebhookAuthenticator(context, "shop", "Shop", WebhookSettings, example_sender)


def signed(clock, secret: str, late: float = 0) -> SignedRequest:
    return SignedRequest(b"{}", headers=sign(secret, int(clock.now().timestamp() - late), b"{}"))


async def set_limits(context: Context, **values: float) -> None:
    await context.settings.write("shop", WebhookSettings(**values))


async def test_secret_path_is_unknown_until_it_is_made(opened) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        for path in ("", "None", "é"):
            with pytest.raises(NotFound, match="under Shop"):
                await authenticator.check_secret_path(path)
        assert not await authenticator.has_secret_path()
        path = await authenticator.make_secret_path()
        assert len(path) == 32
        await authenticator.check_secret_path(path)
        for wrong in (path[:-1], path + "x", path[:-1] + ("a" if path[-1] != "a" else "b"), ""):
            with pytest.raises(NotFound):
                await authenticator.check_secret_path(wrong)
        assert await make_authenticator(state.context).secret_path() == path
        assert await make_authenticator(state.context).has_secret_path()


async def test_replaced_secret_path_is_unknown(opened) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        old = await authenticator.make_secret_path()
        assert await authenticator.make_secret_path() != old
        with pytest.raises(NotFound):
            await authenticator.check_secret_path(old)


async def test_secret_path_that_is_replaced_while_it_is_read_for_the_first_time_is_unknown(opened, monkeypatch) -> None:
    async with opened() as state:
        old = await make_authenticator(state.context).make_secret_path()
        authenticator, reading, replaced = make_authenticator(state.context), asyncio.Event(), asyncio.Event()

        async def read(_: str) -> str:
            reading.set()
            await replaced.wait()
            return old

        monkeypatch.setattr(state.context.secrets, "get", read)
        checking = asyncio.create_task(authenticator.secret_path())
        await reading.wait()
        new = await authenticator.make_secret_path()
        replaced.set()
        assert await checking == new
        with pytest.raises(NotFound):
            await authenticator.check_secret_path(old)


@pytest.mark.parametrize(("late", "accepted"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
async def test_signature_is_valid_for_five_minutes(opened, clock, late, accepted) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        await authenticator.set_secret(OLD)
        request = signed(clock, OLD, late)
        if accepted:
            await authenticator.check_headers(request.headers)
            assert await authenticator.verify(request) == int(clock.now().timestamp()) - late
            return
        with pytest.raises(NotAuthenticated, match="sender's clock"):
            await authenticator.check_headers(request.headers)
        with pytest.raises(NotAuthenticated, match="sender's clock"):
            await authenticator.verify(request)


async def test_headers_without_a_signature_are_refused_once_a_secret_is_set(opened) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        await authenticator.check_headers({})
        await authenticator.set_secret(OLD)
        with pytest.raises(NotAuthenticated):
            await authenticator.check_headers({})


async def test_previous_secret_is_valid_for_a_day(opened, clock) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        await authenticator.set_secret(OLD)
        assert authenticator.previous_until() is None
        await authenticator.set_secret(NEW)
        assert authenticator.previous_until() == "2026-11-22T12:00:00+00:00"
        await authenticator.verify(signed(clock, OLD))
        await make_authenticator(state.context).verify(signed(clock, OLD))
        clock.move(hours=24, seconds=1)
        assert authenticator.previous_until() is None
        with pytest.raises(NotAuthenticated):
            await authenticator.verify(signed(clock, OLD))
        await authenticator.verify(signed(clock, NEW))


async def test_third_secret_ends_the_first(opened, clock) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        for secret in (OLD, NEW, "the third secret"):
            await authenticator.set_secret(secret)
        with pytest.raises(NotAuthenticated):
            await authenticator.verify(signed(clock, OLD))
        await authenticator.verify(signed(clock, NEW))


async def test_setting_the_same_secret_again_keeps_the_rotation(opened, clock) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        await authenticator.set_secret(OLD)
        await authenticator.set_secret(NEW)
        until = authenticator.previous_until()
        clock.move(hours=1)
        await authenticator.set_secret(NEW)
        assert authenticator.previous_until() == until is not None
        assert await authenticator.verify(signed(clock, OLD))
        with pytest.raises(NotAuthenticated):
            await authenticator.verify(signed(clock, "another secret"))


async def test_removed_secret_is_not_valid_later(opened, clock) -> None:
    async with opened() as state:
        authenticator = make_authenticator(state.context)
        await authenticator.set_secret(OLD)
        assert await authenticator.is_signing()
        await authenticator.require_secret()
        await authenticator.set_secret(None)
        assert await authenticator.verify(SignedRequest(b"{}")) is None
        with pytest.raises(NotAuthenticated, match="no signing secret of Shop"):
            await authenticator.require_secret()
        for name in ("shop/signing", "shop/signing-before"):
            assert await state.context.secrets.get(name) is None
        await authenticator.set_secret(NEW)
        with pytest.raises(NotAuthenticated):
            await authenticator.verify(signed(clock, OLD))


async def test_oldest_unverified_body_is_ended_at_the_limit(opened) -> None:
    ended: list[str] = []

    async def read(authenticator: WebhookAuthenticator, name: str, body: asyncio.Event) -> None:
        try:
            async with authenticator.limit_unverified():
                await body.wait()
                ended.append(f"{name} is read")
        except TooManyRequests as error:
            ended.append(f"{name} is refused for {error.retry_after} s")

    async with opened() as state:
        await set_limits(state.context, unproven_bodies=2)
        authenticator = make_authenticator(state.context)
        bodies = {name: asyncio.Event() for name in ("slow", "slower", "proper")}
        reading = {}
        for name, body in bodies.items():
            reading[name] = asyncio.create_task(read(authenticator, name, body))
            await asyncio.sleep(0)
        await reading["slow"]
        for name in ("proper", "slower"):
            bodies[name].set()
            await reading[name]
    assert ended == ["slow is refused for 1 s", "proper is read", "slower is read"]


async def test_unverified_body_is_ended_after_its_time(opened) -> None:
    async with opened() as state:
        await set_limits(state.context, unproven_seconds=0.01)
        with pytest.raises(TooManyRequests), anyio.fail_after(10):
            async with make_authenticator(state.context).limit_unverified():
                await asyncio.Event().wait()
