"""Reads, writes and sends mail with the person's Gmail accounts."""

import click

from server.sdk.integration import Integration, Parts


def load() -> Parts:
    """Import what it is made of."""
    from server.integrations.gmail.demo import serve_fake
    from server.integrations.gmail.local import callbacks, local
    from server.integrations.gmail.models import GmailSettings
    from server.integrations.gmail.routes import mail
    from server.integrations.gmail.search import lookup
    from server.integrations.gmail.service import start

    return Parts(
        start=start,
        public=(mail,),
        local=(local,),
        callbacks=(callbacks,),
        settings=GmailSettings,
        lookups=(lookup,),
        fake=serve_fake,
    )


def commands() -> list[click.Command]:
    """Its words on the command line."""
    from server.integrations.gmail.commands import gmail

    return [gmail]


integration = Integration(name="gmail", title="Gmail", prefixes=("/gmail",), load=load, commands=commands)
