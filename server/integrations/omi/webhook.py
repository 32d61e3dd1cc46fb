"""Where OMI delivers. No client's key is needed here: the address is the secret, or the signature is the proof."""

from contextlib import nullcontext
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from server.http.strict_json import StrictRequest
from server.integrations.omi.models import Kind
from server.integrations.omi.parsers import Post
from server.integrations.omi.service import Wearable
from server.integrations.omi.signature import Letter
from server.sdk.services import provided

SIGNATURE = "x-omi-signature"
LARGEST = {
    Kind.memory: 16 * 1024 * 1024,  # a whole day of talk
    Kind.transcript: 2 * 1024 * 1024,
    Kind.day_summary: 2 * 1024 * 1024,
    Kind.audio: 8 * 1024 * 1024,  # a minute of sound, and more
    Kind.button: 64 * 1024,
}
LARGEST_BARE = 1024 * 1024  # where anybody may knock
SIGNED, BY_SEGMENT = "your address without its secret part, signed", "your secret address"
RECEIVED = {"status": "success", "message": "Memory data received and logged"}
STORED = {"message": "Memory successfully received and stored"}
NOTHING: dict[str, str] = {}  # a message would become a notification on the person's phone

Box = Annotated[Wearable, provided(Wearable)]
Text = Annotated[str, Query(max_length=200)]


class SignedRoute(APIRoute):
    """Is there for signed requests only; the others go on to the operation that stands at the same path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        signed = any(name == SIGNATURE.encode() for name, _ in scope.get("headers", ()))
        return super().matches(scope) if signed else (Match.NONE, {})


bare = APIRouter(include_in_schema=False, route_class=SignedRoute)
deliveries = APIRouter(include_in_schema=False)


async def receive(wearable: Wearable, request: Request, kind: Kind, segment: str | None) -> None:
    """Take one delivery. What a stranger sends is not read."""
    doorway, signature = wearable.doorway, request.headers.get(SIGNATURE, "")
    if segment is None:
        await doorway.require_secret()
    else:
        await doorway.check_segment(segment)
    await doorway.check_header(signature)
    async with doorway.hold_place() if segment is None else nullcontext():
        body = await StrictRequest(request.scope, request.receive, LARGEST[kind] if segment else LARGEST_BARE).body()
        signed_at = await doorway.check_signature(signature, make_letter(request, body))
    asked = request.query_params
    post = Post(
        kind=kind,
        uid=asked.get("uid", ""),
        body=body,
        form=SIGNED if segment is None else BY_SEGMENT,
        key=read_key(request),
        signed_at=signed_at,
        session=asked.get("session_id", ""),
        rate=read_rate(asked.get("sample_rate", "")),
    )
    await wearable.intake.take(post)


def make_letter(request: Request, body: bytes) -> Letter:
    """What a signature is about."""
    return Letter(
        body=body,
        method=request.method,
        path=request.scope.get("raw_path") or request.url.path.encode(),
        query=request.scope["query_string"],
        delivery=request.headers.get("x-omi-delivery", ""),
        event=request.headers.get("x-omi-event", ""),
    )


def read_rate(text: str) -> int:
    """Samples a second; 0 where that is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def read_key(request: Request) -> str | None:
    """By what a delivery is known again when it comes twice."""
    return request.headers.get("idempotency-key") or request.headers.get("x-omi-delivery") or None


@bare.post("/chatgpt/webhook/memory")
async def receive_signed(wearable: Box, request: Request) -> dict[str, str]:
    await receive(wearable, request, Kind.memory, None)
    return RECEIVED


@bare.post("/chatgpt/memory")
async def store_signed(wearable: Box, request: Request) -> dict[str, str]:
    await receive(wearable, request, Kind.memory, None)
    return STORED


@deliveries.post("/chatgpt/webhook/memory/{segment}")
async def receive_conversation(wearable: Box, request: Request, segment: str) -> dict[str, str]:
    await receive(wearable, request, Kind.memory, segment)
    return RECEIVED


@deliveries.post("/chatgpt/webhook/transcript/{segment}")
async def receive_transcript(wearable: Box, request: Request, segment: str) -> dict[str, str]:
    await receive(wearable, request, Kind.transcript, segment)
    return NOTHING


@deliveries.post("/chatgpt/webhook/day-summary/{segment}")
async def receive_day_summary(wearable: Box, request: Request, segment: str) -> dict[str, str]:
    await receive(wearable, request, Kind.day_summary, segment)
    return NOTHING


@deliveries.post("/chatgpt/webhook/audio/{segment}")
async def receive_audio(wearable: Box, request: Request, segment: str) -> dict[str, str]:
    await receive(wearable, request, Kind.audio, segment)
    return NOTHING


@deliveries.post("/chatgpt/webhook/button/{segment}")
async def receive_press(wearable: Box, request: Request, segment: str) -> dict[str, str]:
    await receive(wearable, request, Kind.button, segment)
    return NOTHING
