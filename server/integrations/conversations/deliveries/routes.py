"""`POST /webhook/chatgpt`: conversations and messages of a service that signs them as ChatBETO does."""

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from server.core.errors import DeskhandError, InvalidInput, NotAuthenticated, TooLarge
from server.integrations.conversations.deliveries.limits import PATH, TITLE
from server.integrations.conversations.deliveries.received import EVENTS, INVALID, SIGNED, ReceivedResult
from server.integrations.conversations.deliveries.signature import EVENT, SIGNATURE, TIMESTAMP
from server.integrations.conversations.history.decode import repair_strings
from server.integrations.conversations.live.error_format import CHAT_ERRORS
from server.integrations.conversations.live.outcomes import SECTION
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.service import ConversationsService
from server.sdk.operation import Failure
from server.sdk.services import provided
from server.sdk.webhook import WebhookKind, WebhookRouter, receive
from server.sdk.webhook_auth import UNTIMELY

KIND = WebhookKind(TITLE, "chatgpt_webhook", "a conversation or a message", 1024 * 1024)
IGNORED = "Its type is not known, so it was ignored."
MISSING, TOO_OLD, WRONG = "Missing signature or timestamp", "Request too old", "Invalid signature"

Conversations = Annotated[ConversationsService, provided(ConversationsService)]


class ChatErrorRoute(APIRoute):
    """Route whose failures are in the form of ChatBETO's API."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except DeskhandError as error:
                return write_failure(request, error)
            except HTTPException as error:
                if error.status_code != TooLarge.status:
                    raise
                return write_failure(request, TooLarge())

        return answer


webhook = WebhookRouter(KIND, route_class=ChatErrorRoute)


@webhook.post(PATH)
async def receive_delivery(service: Conversations, request: Request) -> dict[str, Any]:
    """Store one delivery. An event of another type is ignored."""
    received, event = service.received, request.headers.get(EVENT, "")
    settings = service.context.settings.read(SECTION, ConversationsSettings)
    async with receive(request, service.authenticator, KIND) as delivery:
        service.delivery_rate.count()
        answer = {"status": "success", "eventType": event, "timestamp": received.now()}
        if event not in EVENTS:
            await delivery.store(lambda _: ReceivedResult(note=IGNORED))
            return answer | {"result": {"status": "ignored"}}
        data = read_object(delivery.body)
        delivered = await received.read(SIGNED, EVENTS[event], data)
        digest = make_digest(request.headers[TIMESTAMP], EVENTS[event], delivery.body)
        seconds = settings.tolerance_seconds * 2
        result = await delivery.store(lambda connection: received.deliver(connection, digest, seconds, delivered))
    received.publish()
    stored = result.result.model_dump(exclude_none=True) if result.result else {"status": "ignored", "reason": "duplicate"}
    return answer | {"result": stored}


def make_digest(timestamp: str, kind: str, body: bytes) -> str:
    """Make the digest by which a replay is recognized, also as another event: the signature covers the time and the body."""
    return hashlib.sha256(b"%b.%b.%b" % (timestamp.encode(), kind.encode(), body)).hexdigest()


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object. Halves of emojis are replaced, as in an import. Raises InvalidInput."""
    try:
        data = repair_strings(json.loads(body))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InvalidInput("The body has to be a JSON object.", errors=[{"field": "body", "message": "must be a JSON object"}])
    return data


def write_failure(request: Request, error: DeskhandError) -> Response:
    """Write a failure, with the names that ChatBETO gives to those of signatures."""
    if isinstance(error, NotAuthenticated):
        body: dict[str, Any] = {"error": name_refusal(request, error.detail), "message": error.detail}
    else:
        body = dict(CHAT_ERRORS.write(Failure(error.status, error.detail, error.extra)))
        body |= {"error": INVALID} if error.status == InvalidInput.status else {}
    headers = {"Retry-After": str(max(1, round(error.retry_after)))} if error.retry_after is not None else {}
    status = 400 if error.status == InvalidInput.status else error.status
    return JSONResponse(body, status, headers)


def name_refusal(request: Request, reason: str) -> str:
    """Name what is wrong with a signature."""
    if SIGNATURE not in request.headers or TIMESTAMP not in request.headers:
        return MISSING
    return TOO_OLD if reason == UNTIMELY else WRONG
