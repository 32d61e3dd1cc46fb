"""Reads, writes and sends mail with the person's Gmail accounts."""

from typing import TYPE_CHECKING

from server.sdk.integration import Integration, IntegrationSpec, OnboardingStep

if TYPE_CHECKING:
    import click


def load() -> IntegrationSpec:
    """Import what it is made of."""
    from server.integrations.gmail.demo import serve_fake
    from server.integrations.gmail.local import callbacks, local
    from server.integrations.gmail.models import GmailSettings
    from server.integrations.gmail.routes import mail
    from server.integrations.gmail.scenarios import SCRIPT
    from server.integrations.gmail.search import lookup
    from server.integrations.gmail.service import start
    from server.integrations.gmail.undo import UNDOS

    return IntegrationSpec(
        start=start,
        public=(mail,),
        local=(local,),
        callbacks=(callbacks,),
        settings=GmailSettings,
        lookups=(lookup,),
        fake=serve_fake,
        demo=SCRIPT,
        undos=UNDOS,
    )


def commands() -> "list[click.Command]":
    """Import its commands."""
    from server.integrations.gmail.commands import gmail

    return [gmail]


integration = Integration(
    name="gmail",
    title="Gmail",
    prefixes=("/gmail",),
    load=load,
    commands=commands,
    scopes={"read:mail": "Read your email", "write:mail": "Write, send and sort your email"},
    onboarding=OnboardingStep("Gmail", "Sign in to Gmail", "With a Google account."),
    instructions="It reads, sorts, writes and sends the person's mail.",
)
