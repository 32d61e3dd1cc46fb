"""`python -m server.integrations.conversations.fake`: the fake OpenAI as a process, which outlives the server under test."""

import json
import sys
import threading

import click

from server.integrations.conversations.fake import KEY, FakeOpenAI, running_fake_openai


@click.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; any free one without it.")
@click.option("--piece-seconds", default=0.0, help="The time between two events of a stream.")
@click.option("--background-seconds", default=0.0, help="The time that a response of background mode takes.")
def main(port: int, piece_seconds: float, background_seconds: float) -> None:
    """Run the fake OpenAI until it is stopped.

    Prints one line of JSON when it is ready: base_url and key.
    """
    fake = FakeOpenAI(controls=True)
    fake.account.piece_seconds, fake.account.background_seconds = piece_seconds, background_seconds
    with running_fake_openai(fake, port=port):
        click.echo(json.dumps({"base_url": fake.base_url, "key": KEY}))
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
