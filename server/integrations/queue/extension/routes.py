"""The extension's WebSocket, and the requests with which it is paired. They need no API key: a key in a message, or a code."""

from typing import Annotated

from fastapi import APIRouter, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import Forbidden
from server.integrations.queue.extension.connection import Connection
from server.integrations.queue.extension.origin import is_from_here, read_origin
from server.integrations.queue.service import QueueService
from server.sdk.services import provided

PATH = "/ws/extension"
PAIR = f"{PATH}/pair"
NOT_HERE = "An extension is paired at Deskhand's address on this computer, such as http://127.0.0.1:8000."

Service = Annotated[QueueService, provided(QueueService)]
sockets = APIRouter()


class PairingOrder(BaseModel):
    """A request of an extension to be paired."""

    model_config = ConfigDict(extra="ignore")

    code: str = Field(max_length=40)
    name: str = Field("", max_length=200)
    browser: str = Field("", max_length=200)


class PairingAnswer(BaseModel):
    """The state of a pairing. `id`: to read its state with; `key`: once, after the person has confirmed."""

    status: str
    id: str | None = None
    key: str | None = None


@sockets.websocket(PATH)
async def connect_extension(service: Service, socket: WebSocket) -> None:
    """Serve one extension."""
    await Connection(service.extensions, socket).serve()


@sockets.post(PAIR, status_code=202)
async def pair_extension(service: Service, request: Request, order: PairingOrder) -> PairingAnswer:
    """Take the code that the window shows."""
    require_here(request)
    entered = service.extensions.pairing.enter(order.code, order.name, order.browser, read_origin(request.headers))
    return PairingAnswer(status="pending", id=entered.secret)


@sockets.get(f"{PAIR}/{{secret}}")
async def read_pairing(service: Service, request: Request, response: Response, secret: str) -> PairingAnswer:
    """Hand out the key once the person has confirmed."""
    require_here(request)
    key = await service.extensions.pairing.fetch_key(secret)
    if key is None:
        response.status_code = 202
        return PairingAnswer(status="pending", id=secret)
    return PairingAnswer(status="paired", key=key)


def require_here(request: Request) -> None:
    """Refuse a request that comes through a tunnel or from another computer. Raises Forbidden."""
    if not is_from_here(request):
        raise Forbidden(NOT_HERE)
