"""Tables of outgoing webhooks; the core's migrations create them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

# A receiver. `kind`: "person" for one that the person added, "request" for one that a request named.
# `types`: a JSON list, empty for all. `failures`: attempts since the last that succeeded; `next_attempt_at`: no attempt before.
webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("secret_name", Text, nullable=False),
    Column("previous_until", Text),
    Column("created_at", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_attempt_at", Text),
)
Index("webhook_endpoint_url", webhook_endpoint.c.kind, webhook_endpoint.c.url)

# The outbox. `message_id` is the webhook-id, the same in all attempts.
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("endpoint_id", Text, ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("first_attempt_at", Text),
    Column("ended_at", Text),
    Column("attempts", Integer, nullable=False),
)
Index("webhook_delivery_message", webhook_delivery.c.endpoint_id, webhook_delivery.c.message_id, unique=True)
Index("webhook_delivery_next", webhook_delivery.c.state, webhook_delivery.c.endpoint_id, webhook_delivery.c.id)
Index("webhook_delivery_ended", webhook_delivery.c.ended_at)

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("delivery_id", Integer, ForeignKey("webhook_delivery.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("answer", Text, nullable=False),
)
