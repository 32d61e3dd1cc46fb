"""Keeps what the OMI wearable heard, and lets clients look it up."""

from typing import TYPE_CHECKING

from server.sdk.integration import Integration, IntegrationSpec, Revocation

if TYPE_CHECKING:
    import click

PREFIXES = (
    "/chatgpt/webhook",
    "/chatgpt/memory",
    "/chatgpt/setup",
    "/chatgpt/setup-completed",
    "/api/conversations",
    "/api/action-items",
    "/api/day-summaries",
    "/api/live-transcript",
)


def load() -> IntegrationSpec:
    """Import its parts."""
    from server.integrations.omi.demo import serve_fake
    from server.integrations.omi.local import local
    from server.integrations.omi.models import OmiSettings
    from server.integrations.omi.routes import operations
    from server.integrations.omi.search import lookup
    from server.integrations.omi.service import start
    from server.integrations.omi.setup_page import pages
    from server.integrations.omi.webhook import deliveries, signed_deliveries

    return IntegrationSpec(
        start=start,
        public=(operations,),
        deliveries=(signed_deliveries, deliveries, pages),
        local=(local,),
        settings=OmiSettings,
        lookups=(lookup,),
        fake=serve_fake,
    )


def commands() -> "list[click.Command]":
    """Import its commands."""
    from server.integrations.omi.commands import omi

    return [omi]


integration = Integration(
    name="omi",
    title="OMI",
    prefixes=PREFIXES,
    load=load,
    commands=commands,
    scopes={
        "read:memories": "Read your OMI conversations",
        "write:memories": "Add and delete OMI conversations",
    },
    openai_scopes=frozenset({"read:memories"}),
    revocations=(Revocation("omi_source", where={"state": "accepted"}, values={"state": "waiting"}),),
    instructions="It searches and reads the conversations that the person's OMI wearable heard.",
)
