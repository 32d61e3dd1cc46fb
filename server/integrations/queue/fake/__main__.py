"""`python -m server.integrations.queue.fake`: the fake ChatGPT as a process, which outlives the server under test."""

import json
import sys
import threading

import click

from server.integrations.queue.fake import FakeChatGPT, running_fake_chatgpt


@click.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; any free one without it.")
@click.option("--layout", default="2026", help="The page's layout.")
@click.option("--language", default="en", help="The page's language.")
def main(port: int, layout: str, language: str) -> None:
    """Run the fake ChatGPT until it is stopped.

    Prints one line of JSON when it is ready: origin.
    """
    fake = FakeChatGPT(controls=True, layout=layout, language=language)
    with running_fake_chatgpt(fake, port=port):
        click.echo(json.dumps({"origin": fake.origin}))
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
