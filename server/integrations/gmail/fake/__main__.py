"""`python -m server.integrations.gmail.fake`: the fake Google as a process, which outlives the server under test."""

import json
import sys
import threading

import click

from server.integrations.gmail.fake import FOLDER, Consent, FakeGoogle, running_fake_google


@click.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; any free one without it.")
@click.option("--ask/--approve", default=False, help="Show the consent page, or approve every sign-in at once.")
@click.option("--empty", is_flag=True, help="Begin with empty mailboxes.")
@click.option("--token-seconds", default=3599, help="How long access tokens live.")
def main(port: int, ask: bool, empty: bool, token_seconds: int) -> None:
    """Run the fake Google until it is stopped.

    Prints one line of JSON when it is ready: address, client_secrets and grants by account.
    """
    fake = FakeGoogle(
        folder=None if empty else FOLDER, token_seconds=token_seconds, consent=None if ask else Consent(), controls=True
    )
    with running_fake_google(fake, port=port):
        grants = {address: fake.grant(address) for address in fake.accounts}
        click.echo(json.dumps({"address": fake.address, "client_secrets": fake.client_secrets(), "grants": grants}))
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
