"""Outgoing webhooks: receivers, their secrets, the log of deliveries and local receivers."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, StringConstraints

from server.outbound.webhooks.endpoints import EndpointStatus
from server.outbound.webhooks.models import DeliveryFilter, DeliveryState, EndpointState, LoggedDelivery
from server.runtime.state import State

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Types = Annotated[list[Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,100}$")]], Field(max_length=100)]
LARGEST_ID = 2**63 - 1
DeliveryId = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class WebhookView(BaseModel):
    """A receiver as it is now."""

    id: str
    url: str
    name: str
    types: list[str] = Field(description="The events it gets; empty for all.")
    state: EndpointState
    reason: str = Field(description="Why Deskhand turned it off; empty if the person did.")
    created_at: str
    failures: int = Field(description="Attempts since the last that succeeded.")
    next_attempt_at: str | None = Field(description="No attempt is made before, ISO 8601 in UTC.")
    previous_until: str | None = Field(description="Until when the replaced secret signs too.")
    waiting: int = Field(description="Number of events that wait for it.")
    dead: int = Field(description="Number of its dead letters.")


class EventType(BaseModel):
    """A type of events."""

    type: str
    text: str = Field(description="What has happened then.")


class WebhookList(BaseModel):
    """Everything about outgoing webhooks but the log."""

    webhooks: list[WebhookView]
    types: list[EventType]
    local_receivers: list[str]


class NewWebhook(BaseModel):
    """A receiver to add."""

    url: Url
    name: Name = ""
    types: Types = []


class MadeWebhook(BaseModel):
    """A new receiver."""

    webhook: WebhookView
    secret: str = Field(description="Its signing secret, in this response only.")


class WebhookChange(BaseModel):
    """Changes of a receiver; what is left out stays."""

    url: Url | None = None
    name: Name | None = None
    types: Types | None = None
    state: Literal["enabled", "disabled"] | None = None


class NewSecret(BaseModel):
    """A replaced secret."""

    secret: str = Field(description="The new one, in this response only.")


class AttemptView(BaseModel):
    """One request."""

    number: int
    at: str
    duration_ms: int
    status: int | None = Field(description="The status of the answer, if there was one.")
    error: str = Field(description="What went wrong; empty if it was delivered.")
    answer: str = Field(description="The beginning of the answer, without secrets.")


class DeliveryView(BaseModel):
    """An event for a receiver."""

    id: int
    message_id: str = Field(description="Its webhook-id, the same in all attempts.")
    webhook: str = Field(description="The id of the receiver.")
    receiver: str = Field(description="Its name or address.")
    type: str
    state: DeliveryState
    created_at: str
    ended_at: str | None
    next_attempt_at: str | None = Field(description="When it is attempted next, if that is known.")
    attempts: list[AttemptView] = Field(description="Latest first.")


class DeliveryDetails(DeliveryView):
    """An event for a receiver, with its body."""

    body: str


class DeliveryPage(BaseModel):
    """A part of the log."""

    deliveries: list[DeliveryView]
    next: str | None = Field(description="The cursor of older ones.")


class DeadLetters(BaseModel):
    """A selection of dead letters."""

    webhook: str = Field("", description="The id of a receiver; empty for all.")


class LetterCount(BaseModel):
    """Number of dead letters that were replayed or removed."""

    count: int


class LocalReceivers(BaseModel):
    """Receivers on this computer or its network, as host:port."""

    addresses: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=100)]


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/webhooks", dependencies=[Depends(state.runtime.wait)])
    add_log(routes, state)
    add_receivers(routes, state)
    add_actions(routes, state)
    return routes


def add_log(routes: APIRouter, state: State) -> None:
    """Add the routes of deliveries."""
    log = state.webhooks.log

    @routes.get("/deliveries")
    async def list_deliveries(
        state: DeliveryState | None = None,
        endpoint: Annotated[str, Query(max_length=100)] = "",
        cursor: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> DeliveryPage:
        """Lists deliveries, newest first."""
        logged = await log.list(DeliveryFilter(state or "", endpoint, cursor, limit + 1))
        following = str(logged[limit - 1].delivery.id) if len(logged) > limit else None
        return DeliveryPage(deliveries=[view_delivery(entry) for entry in logged[:limit]], next=following)

    @routes.post("/deliveries/replay")
    async def replay_dead_letters(order: DeadLetters) -> LetterCount:
        """Delivers all dead letters again, those of one receiver or all."""
        return LetterCount(count=await log.replay_dead(order.webhook))

    @routes.post("/deliveries/discard")
    async def discard_dead_letters(order: DeadLetters) -> LetterCount:
        """Removes all dead letters, those of one receiver or all."""
        return LetterCount(count=await log.discard_dead(order.webhook))

    @routes.get("/deliveries/{delivery_id}")
    async def read_delivery(delivery_id: DeliveryId) -> DeliveryDetails:
        """Shows a delivery with what is sent."""
        logged = await log.find(delivery_id)
        return DeliveryDetails(**vars(view_delivery(logged)), body=logged.delivery.body)

    @routes.post("/deliveries/{delivery_id}/replay")
    async def replay_delivery(delivery_id: DeliveryId) -> DeliveryView:
        """Delivers an event again, under its id."""
        return view_delivery(await log.replay(delivery_id))

    @routes.post("/deliveries/{delivery_id}/give-up")
    async def give_up_delivery(delivery_id: DeliveryId) -> DeliveryView:
        """Makes an event that waits a dead letter, so that the next one is attempted."""
        return view_delivery(await log.give_up(delivery_id))


def add_receivers(routes: APIRouter, state: State) -> None:
    """Add the routes of receivers."""
    webhooks = state.webhooks
    endpoints = webhooks.endpoints

    @routes.get("")
    async def list_webhooks() -> WebhookList:
        """Lists the receivers, oldest first, and the events they can get."""
        return WebhookList(
            webhooks=[view(status) for status in await endpoints.list()],
            types=[EventType(type=name, text=text) for name, text in sorted(webhooks.outbox.types.items())],
            local_receivers=list(endpoints.list_local_receivers()),
        )

    @routes.post("", status_code=201)
    async def add_webhook(order: NewWebhook) -> MadeWebhook:
        """Adds a receiver. Its secret is in this response only."""
        status, secret = await endpoints.add(order.url, order.name, order.types)
        return MadeWebhook(webhook=view(status), secret=secret)

    @routes.put("/local-receivers")
    async def set_local_receivers(order: LocalReceivers) -> LocalReceivers:
        """Replaces the list of receivers on this computer or its network to which webhooks may go."""
        return LocalReceivers(addresses=list(await endpoints.set_local_receivers(order.addresses)))

    @routes.put("/{webhook_id}")
    async def change_webhook(webhook_id: str, order: WebhookChange) -> WebhookView:
        """Changes a receiver, or turns it on or off."""
        status = await endpoints.change(webhook_id, url=order.url, name=order.name, types=order.types)
        if order.state:
            status = await (endpoints.enable if order.state == EndpointState.enabled else endpoints.disable)(webhook_id)
        return view(status)

    @routes.delete("/{webhook_id}", status_code=204)
    async def remove_webhook(webhook_id: str) -> None:
        """Removes a receiver with its log."""
        await endpoints.remove(webhook_id)


def add_actions(routes: APIRouter, state: State) -> None:
    """Add the routes of what is done with a receiver."""
    endpoints, log = state.webhooks.endpoints, state.webhooks.log

    @routes.post("/{webhook_id}/rotate")
    async def rotate_secret(webhook_id: str) -> NewSecret:
        """Replaces the signing secret; for a day both sign."""
        return NewSecret(secret=await endpoints.rotate(webhook_id))

    @routes.post("/{webhook_id}/test")
    async def test_webhook(webhook_id: str) -> DeliveryView:
        """Sends a test event and waits for the first attempt."""
        return view_delivery(await log.test(webhook_id))

    @routes.post("/{webhook_id}/retry")
    async def retry_webhook(webhook_id: str) -> WebhookView:
        """Attempts at once what waits for a receiver."""
        return view(await endpoints.retry(webhook_id))


def view(status: EndpointStatus) -> WebhookView:
    """Show a receiver."""
    return WebhookView.model_validate({**vars(status.endpoint), "waiting": status.waiting, "dead": status.dead})


def view_delivery(logged: LoggedDelivery) -> DeliveryView:
    """Show a delivery."""
    delivery, endpoint = logged.delivery, logged.endpoint
    waits = delivery.state == DeliveryState.waiting and endpoint.state == EndpointState.enabled
    return DeliveryView(
        id=delivery.id,
        message_id=delivery.message_id,
        webhook=endpoint.id,
        receiver=endpoint.title,
        type=delivery.type,
        state=DeliveryState(delivery.state),
        created_at=delivery.created_at,
        ended_at=delivery.ended_at,
        next_attempt_at=endpoint.next_attempt_at if waits else None,
        attempts=[AttemptView(**vars(attempt)) for attempt in logged.attempts],
    )
