"""Routes that OMI delivers to. They need no client's key: the address is secret, or the delivery is signed."""

from typing import Annotated

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from server.integrations.omi.models import Kind
from server.integrations.omi.parsers import IncomingDelivery
from server.integrations.omi.service import TITLE, OmiService, make_path
from server.integrations.omi.signature import DELIVERY, SIGNATURE
from server.sdk.services import provided
from server.sdk.webhook import WebhookKind, WebhookRouter, read_idempotency_key, receive

KINDS = {
    Kind.memory: WebhookKind(TITLE, "omi_memory", "a memory", 16 * 1024 * 1024),  # a whole day of talk
    Kind.transcript: WebhookKind(TITLE, "omi_transcript", "a live transcript", 2 * 1024 * 1024),
    Kind.day_summary: WebhookKind(TITLE, "omi_day_summary", "a day summary", 2 * 1024 * 1024),
    Kind.audio: WebhookKind(TITLE, "omi_audio", "audio", 8 * 1024 * 1024),  # a minute, and more
    Kind.button: WebhookKind(TITLE, "omi_button", "a button press", 64 * 1024),
}
SIGNED, BY_SECRET_PATH = "your address without its secret part, signed", "your secret address"
RECEIVED = {"status": "success", "message": "Memory data received and logged"}
STORED = {"message": "Memory successfully received and stored"}
NOTHING: dict[str, str] = {}  # a message would become a notification on the person's phone

Omi = Annotated[OmiService, provided(OmiService)]


class SignedRoute(APIRoute):
    """Route for signed requests only; others go on to the operation at the same path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        signed = any(name == SIGNATURE.encode() for name, _ in scope.get("headers", ()))
        return super().matches(scope) if signed else (Match.NONE, {})


signed_deliveries = WebhookRouter(KINDS[Kind.memory], route_class=SignedRoute)
deliveries = WebhookRouter(*KINDS.values())


async def take(omi: OmiService, request: Request, kind: Kind, secret_path: str | None = None) -> None:
    """Receive and store one delivery."""
    query = request.query_params
    rate = query.get("sample_rate", "")
    async with receive(request, omi.authenticator, KINDS[kind], secret_path) as received:
        delivery = IncomingDelivery(
            kind=kind,
            uid=query.get("uid", ""),
            body=received.body,
            form=SIGNED if secret_path is None else BY_SECRET_PATH,
            key=read_idempotency_key(request, DELIVERY),
            signed_at=received.signed_at,
            session=query.get("session_id", ""),
            rate=int(rate) if rate.isascii() and rate.isdecimal() and len(rate) < 8 else 0,
        )
        await omi.ingest.take(delivery, received.store)


@signed_deliveries.post("/chatgpt/webhook/memory")
async def receive_signed(omi: Omi, request: Request) -> dict[str, str]:
    await take(omi, request, Kind.memory)
    return RECEIVED


@signed_deliveries.post("/chatgpt/memory")
async def store_signed(omi: Omi, request: Request) -> dict[str, str]:
    await take(omi, request, Kind.memory)
    return STORED


def add_route(kind: Kind, response: dict[str, str]) -> None:
    """Add the route of a kind at its secret address."""

    @deliveries.post(make_path(kind, "{secret_path}"))
    async def receive_delivery(omi: Omi, request: Request, secret_path: str) -> dict[str, str]:
        await take(omi, request, kind, secret_path)
        return response


for each in Kind:
    add_route(each, RECEIVED if each is Kind.memory else NOTHING)
