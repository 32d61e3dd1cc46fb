"""Outgoing webhooks of a running server: which addresses are its own, and which receivers the person listed."""

from urllib.parse import urlsplit

from server.core.errors import InvalidInput
from server.http.addresses import DEFAULT_PORTS, Address
from server.outbound.webhooks.models import SECTION, WebhookSettings
from server.outbound.webhooks.receivers import Receivers, normalize_host, write_listed
from server.outbound.webhooks.sender import Sender
from server.outbound.webhooks.service import Storage, Webhooks, create_webhooks
from server.sdk.context import Context


def make_webhooks(context: Context, address: Address) -> Webhooks:
    """Make the service. In demo mode only listed receivers are contacted."""
    receivers = Receivers(
        listed=lambda: context.settings.read(SECTION, WebhookSettings).local_receivers,
        own=lambda: list_own(address),
        own_ports=lambda: {address.public_port, address.local_port},
        only_listed=context.demo,
    )
    storage = Storage(context.database, context.settings, context.secrets)
    return create_webhooks(storage, context.events, context.tasks, context.clock, Sender(receivers), context.screen.notify)


def list_own(address: Address) -> set[str]:
    """List the public address, as host and port."""
    if address.public_url is None:
        return set()
    parts = urlsplit(address.public_url)
    try:
        return {write_listed(normalize_host(parts.hostname or ""), parts.port or DEFAULT_PORTS[parts.scheme])}
    except InvalidInput:
        return set()
