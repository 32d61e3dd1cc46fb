"""Starts and stops the programs on the person's list, and opens what they allow."""

from server.sdk.integration import Integration, Parts


def load() -> Parts:
    """Import what it is made of."""
    from server.integrations.apps.routes import local, public
    from server.integrations.apps.service import start

    return Parts(start=start, public=(public,), local=(local,))


integration = Integration(name="apps", title="Apps", prefixes=("/apps",), load=load)
