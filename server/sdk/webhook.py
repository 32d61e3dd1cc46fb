"""Webhook deliveries: requests of outside services, which have no API key.

    async with receive(request, authenticator, MEMORY, secret_path) as delivery:
        result = await delivery.store(write)

The order is that of the guard: authentication by what the headers say, size and time limits while the body is read,
verification of the signature, then one transaction for what is stored and its activity record, then the answer.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from server.core.errors import DeskhandError
from server.http.request_body import StrictRequest
from server.sdk.admission import ConnectionKind
from server.sdk.webhook_auth import SignedRequest, WebhookAuthenticator

LARGEST_UNVERIFIED = 1024 * 1024  # bytes that are read of a sender who is not known yet
BY_PATH, BY_SIGNATURE = "It came to your secret address.", "Its signature is right."


@dataclass(frozen=True)
class WebhookKind:
    """One kind of delivery. `operation`: its name in the activity. `noun`: with its article, such as "a memory"."""

    sender: str
    operation: str
    noun: str
    largest_body: int


@dataclass(frozen=True)
class Stream:
    """A series of deliveries that is one activity record: those with the same key, of a day at most.

    `gap`: the longest pause in it; None if the service itself names the series.
    """

    key: str
    gap: timedelta | None = None


@dataclass(frozen=True)
class DeliveryRecord:
    """Metadata of a delivery for the activity, without anything of its content. `reason`: why it was accepted."""

    kind: WebhookKind
    size: int
    reason: str
    stream: Stream | None = None


class StoreResult(Protocol):
    """The result of storing a delivery."""

    @property
    def error(self) -> DeskhandError | None:
        """Why it was refused; what the transaction wrote is committed all the same."""

    @property
    def is_duplicate(self) -> bool:
        """Return whether nothing was stored because it was known."""

    @property
    def note(self) -> str:
        """A remark for the person, empty if there is none."""


Result = TypeVar("Result", bound=StoreResult)


class DeliveryLog(Protocol):
    """The activity log, as webhooks use it. The application holds it as `state.delivery_log`."""

    async def store(self, record: DeliveryRecord, write: Callable[[Any], Result]) -> Result:
        """Run `write` with a database connection and record its result in the same transaction."""

    async def refuse(self, record: DeliveryRecord, error: Exception) -> None:
        """Record a delivery that was not stored."""


@dataclass
class WebhookDelivery:
    """An authenticated delivery. `signed_at`: in seconds since 1970; None if signatures are not required."""

    body: bytes
    signed_at: int | None
    record: DeliveryRecord
    log: DeliveryLog
    is_recorded: bool = False

    async def store(self, write: Callable[[Any], Result], stream: Stream | None = None) -> Result:
        """Commit what `write` stores together with the activity record. The answer may go out after this."""
        result = await self.log.store(replace(self.record, stream=stream), write)
        self.is_recorded = True
        return result


class WebhookRouter(APIRouter):
    """Routes that receive deliveries or connections of these kinds; they stand in no document."""

    def __init__(self, *kinds: WebhookKind | ConnectionKind, **options: Any) -> None:
        super().__init__(include_in_schema=False, **options)
        self.operations = tuple(kind.operation for kind in kinds)


@asynccontextmanager
async def receive(
    request: Request, authenticator: WebhookAuthenticator, kind: WebhookKind, secret_path: str | None = None
) -> AsyncIterator[WebhookDelivery]:
    """Authenticate a request and read its body. A refusal within the block is recorded; that of a stranger is not.

    `secret_path`: None for an address that everybody knows, where only a signature counts.
    Raises NotAuthenticated, NotFound, TooManyRequests and HTTPException 413.
    """
    if secret_path is None:
        await authenticator.require_secret()
    else:
        await authenticator.check_secret_path(secret_path)
    await authenticator.check_headers(request.headers)
    signs, log = await authenticator.is_signing(), request.app.state.delivery_log
    delivery = WebhookDelivery(b"", None, DeliveryRecord(kind, 0, BY_SIGNATURE if signs else BY_PATH), log)
    is_verified = not signs
    try:
        async with authenticator.limit_unverified() if secret_path is None else nullcontext():
            largest = LARGEST_UNVERIFIED if secret_path is None else kind.largest_body
            delivery.body = await StrictRequest(request.scope, request.receive, largest).body()
            if secret_path is None:
                await authenticator.require_secret()  # which may have been removed while the body came
            delivery.signed_at = await authenticator.verify(SignedRequest.of(request, delivery.body))
        is_verified = True
        delivery.record = replace(delivery.record, size=len(delivery.body))
        yield delivery
    except ClientDisconnect:
        raise
    except Exception as error:
        if is_verified and not delivery.is_recorded:
            await log.refuse(delivery.record, error)
        raise


def read_idempotency_key(request: Request, *names: str) -> str | None:
    """Read the Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), or a service's own header for it."""
    values = (request.headers.get(name) for name in ("idempotency-key", *names))
    return next(filter(None, values), None)
