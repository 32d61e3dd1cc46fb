import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2
import pytest
from fastapi import Request

from server.access.activity.deliveries import DeliveryLog
from server.access.activity.entry import Entry, Outcome
from server.core.errors import DeskhandError, InvalidInput
from server.http.application import new_application
from server.runtime.state import State
from server.sdk.webhook import LARGEST_UNVERIFIED, WebhookKind, WebhookRouter, read_idempotency_key, receive
from server.sdk.webhook_auth import WebhookAuthenticator, WebhookSettings
from tests.server.sdk import example_sender
from tests.server.sdk.example_sender import sign

ORDER = WebhookKind("Shop", "shop_order", "an order", LARGEST_UNVERIFIED * 2)
SECRET = "the secret"


@dataclass(frozen=True)
class Result:
    error: DeskhandError | None = None
    is_duplicate: bool = False
    note: str = ""


@dataclass
class Shop:
    """A sender, the routes that receive from it, and what was stored."""

    state: State
    authenticator: WebhookAuthenticator
    http: httpx2.AsyncClient
    write: Callable[[Any], Result] = lambda _: Result()
    stored: list[tuple[bytes, int | None, str | None]] = field(default_factory=list)

    async def post(self, path: str = "/orders", body: bytes = b"{}", secret: str = "", late: int = 0, **headers: str) -> int:
        now = int(self.state.context.clock.now().timestamp()) - late
        signed = sign(secret, now, body) if secret else {}
        return (await self.http.post(path, content=body, headers=signed | headers)).status_code

    async def activity(self) -> list[Entry]:
        return await self.state.activity.list()


@asynccontextmanager
async def open_shop(opened) -> AsyncIterator[Shop]:
    async with opened() as state:
        authenticator = WebhookAuthenticator(state.context, "shop", "Shop", WebhookSettings, example_sender)
        routes = WebhookRouter(ORDER)
        app = new_application("Test")
        app.state.delivery_log = DeliveryLog(state.context.database, state.context.events, state.context.clock)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            shop = Shop(state, authenticator, http)

            async def take(request: Request, secret_path: str | None = None) -> None:
                async with receive(request, authenticator, ORDER, secret_path) as delivery:
                    if delivery.body == b"nonsense":
                        raise InvalidInput("This is no order.")
                    result = await delivery.store(shop.write)
                    shop.stored.append((delivery.body, delivery.signed_at, read_idempotency_key(request, "x-order")))
                    if result.error:
                        raise result.error

            routes.post("/orders/{secret_path}")(take)
            routes.post("/orders")(take)
            app.include_router(routes)
            yield shop


async def test_secret_path_lets_in_and_is_recorded(opened) -> None:
    async with open_shop(opened) as shop:
        path = f"/orders/{await shop.authenticator.make_secret_path()}"
        assert await shop.post(path, **{"x-order": "17"}) == 200
        assert shop.stored == [(b"{}", None, "17")]
        (entry,) = await shop.activity()
        assert (entry.sentence, entry.outcome, entry.reason) == (
            "deliver an order (2 bytes)",
            Outcome.done,
            "It came to your secret address.",
        )


async def test_signature_lets_in_and_is_recorded(opened, clock) -> None:
    async with open_shop(opened) as shop:
        await shop.authenticator.set_secret(SECRET)
        assert await shop.post(secret=SECRET, **{"idempotency-key": "k", "x-order": "17"}) == 200
        assert shop.stored == [(b"{}", int(clock.now().timestamp()), "k")]
        assert [entry.reason for entry in await shop.activity()] == ["Its signature is right."]


async def test_stranger_is_refused_and_not_recorded(opened) -> None:
    async with open_shop(opened) as shop:
        assert await shop.post() == 401  # no secret is set
        assert await shop.post("/orders/guessed") == 404
        path = f"/orders/{await shop.authenticator.make_secret_path()}"
        await shop.authenticator.set_secret(SECRET)
        for where in ("/orders", path):
            assert await shop.post(where) == 401
            assert await shop.post(where, secret="wrong") == 401
            assert await shop.post(where, secret=SECRET, late=301) == 401
            assert await shop.post(where, b"nonsense", secret="wrong") == 401
        assert await shop.post("/orders/guessed", secret=SECRET) == 404
        assert (shop.stored, await shop.activity()) == ([], [])


async def test_signature_header_is_checked_before_body_is_read(opened) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("The body is read.")
        yield b""

    async with open_shop(opened) as shop:
        path = f"/orders/{await shop.authenticator.make_secret_path()}"
        await shop.authenticator.set_secret(SECRET)
        now = int(shop.state.context.clock.now().timestamp())
        for where in ("/orders", path):
            for headers in ({}, sign(SECRET, now - 301, b"")):
                assert (await shop.http.post(where, content=body(), headers=headers)).status_code == 401
        assert (await shop.http.post("/orders/guessed", content=body(), headers=sign(SECRET, now, b""))).status_code == 404


@pytest.mark.parametrize(
    ("size", "plain", "secret"), [(1, 200, 200), (LARGEST_UNVERIFIED + 1, 413, 200), (ORDER.largest_body + 1, 413, 413)]
)
async def test_body_limit_depends_on_the_address(opened, size, plain, secret) -> None:
    async with open_shop(opened) as shop:
        path = f"/orders/{await shop.authenticator.make_secret_path()}"
        await shop.authenticator.set_secret(SECRET)
        assert await shop.post("/orders", b"x" * size, secret=SECRET) == plain
        assert await shop.post(path, b"x" * size, secret=SECRET) == secret
        assert len(await shop.activity()) == [plain, secret].count(200)


async def test_body_over_the_limit_at_the_secret_path_is_recorded(opened) -> None:
    async with open_shop(opened) as shop:
        path = f"/orders/{await shop.authenticator.make_secret_path()}"
        assert await shop.post(path, b"x" * (ORDER.largest_body + 1)) == 413
        assert [(entry.outcome, entry.status) for entry in await shop.activity()] == [(Outcome.refused, 413)]


async def test_slow_unverified_body_is_ended(opened) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    never = asyncio.Event()
    async with open_shop(opened) as shop:
        await shop.state.context.settings.write("shop", WebhookSettings(unproven_seconds=0.05))
        await shop.authenticator.set_secret(SECRET)
        headers = sign(SECRET, int(shop.state.context.clock.now().timestamp()), b"{}")
        with anyio.fail_after(10):
            assert (await shop.http.post("/orders", content=body(), headers=headers)).status_code == 429
        assert await shop.activity() == []


async def test_refusal_by_the_integration_is_recorded_once(opened) -> None:
    async with open_shop(opened) as shop:
        path = f"/orders/{await shop.authenticator.make_secret_path()}"
        assert await shop.post(path, b"nonsense") == 422
        shop.write = lambda _: Result(InvalidInput("It is sold out."))
        assert await shop.post(path) == 422
        entries = [(entry.outcome, entry.status, entry.reason) for entry in await shop.activity()]
        assert entries == [(Outcome.refused, 422, "It is sold out."), (Outcome.refused, 422, "This is no order.")]
        assert (await shop.activity())[0].sentence == "deliver an order (2 bytes)"  # counted once
        await shop.authenticator.set_secret(SECRET)
        assert await shop.post(body=b"nonsense", secret=SECRET) == 422
        assert (await shop.activity())[-1].sentence == "deliver an order (2 times, 16 bytes)"


async def test_failure_while_storing_is_not_accepted_and_is_recorded(opened) -> None:
    def fail(_: object) -> Result:
        raise DeskhandError

    async with open_shop(opened) as shop:
        path = f"/orders/{await shop.authenticator.make_secret_path()}"
        shop.write = fail
        assert await shop.post(path) == 500
        assert shop.stored == []
        assert [(entry.outcome, entry.status) for entry in await shop.activity()] == [(Outcome.failed, 500)]


async def test_secret_removed_while_the_body_comes_lets_no_stranger_in(opened) -> None:
    async def body() -> AsyncIterator[bytes]:
        await shop.authenticator.set_secret(None)
        yield b"{}"

    async with open_shop(opened) as shop:
        await shop.authenticator.set_secret(SECRET)
        headers = sign("wrong", int(shop.state.context.clock.now().timestamp()), b"{}")
        assert (await shop.http.post("/orders", content=body(), headers=headers)).status_code == 401
        assert (shop.stored, await shop.activity()) == ([], [])


def test_router_is_in_no_document_and_names_its_kinds() -> None:
    routes = WebhookRouter(ORDER)
    assert (routes.operations, routes.include_in_schema) == (("shop_order",), False)
