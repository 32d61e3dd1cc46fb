"""Routes that OMI delivers to. They need no client's key: the address is secret, or the delivery is signed."""

from typing import Annotated

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from server.integrations.omi.models import Kind
from server.integrations.omi.parsers import IncomingDelivery
from server.integrations.omi.service import TITLE, OmiService
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
    async with receive(request, omi.authenticator, KINDS[kind], secret_path) as received:
        delivery = IncomingDelivery(
            kind=kind,
            uid=query.get("uid", ""),
            body=received.body,
            form=SIGNED if secret_path is None else BY_SECRET_PATH,
            key=read_idempotency_key(request, DELIVERY),
            signed_at=received.signed_at,
            session=query.get("session_id", ""),
            rate=parse_rate(query.get("sample_rate", "")),
        )
        await omi.ingest.take(delivery, received.store)


def parse_rate(text: str) -> int:
    """Parse samples per second; 0 if it is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


@signed_deliveries.post("/chatgpt/webhook/memory")
async def receive_signed(omi: Omi, request: Request) -> dict[str, str]:
    await take(omi, request, Kind.memory)
    return RECEIVED


@signed_deliveries.post("/chatgpt/memory")
async def store_signed(omi: Omi, request: Request) -> dict[str, str]:
    await take(omi, request, Kind.memory)
    return STORED


@deliveries.post("/chatgpt/webhook/memory/{secret_path}")
async def receive_conversation(omi: Omi, request: Request, secret_path: str) -> dict[str, str]:
    await take(omi, request, Kind.memory, secret_path)
    return RECEIVED


@deliveries.post("/chatgpt/webhook/transcript/{secret_path}")
async def receive_transcript(omi: Omi, request: Request, secret_path: str) -> dict[str, str]:
    await take(omi, request, Kind.transcript, secret_path)
    return NOTHING


@deliveries.post("/chatgpt/webhook/day-summary/{secret_path}")
async def receive_day_summary(omi: Omi, request: Request, secret_path: str) -> dict[str, str]:
    await take(omi, request, Kind.day_summary, secret_path)
    return NOTHING


@deliveries.post("/chatgpt/webhook/audio/{secret_path}")
async def receive_audio(omi: Omi, request: Request, secret_path: str) -> dict[str, str]:
    await take(omi, request, Kind.audio, secret_path)
    return NOTHING


@deliveries.post("/chatgpt/webhook/button/{secret_path}")
async def receive_button_press(omi: Omi, request: Request, secret_path: str) -> dict[str, str]:
    await take(omi, request, Kind.button, secret_path)
    return NOTHING
