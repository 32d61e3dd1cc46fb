"""Puts prompts of clients into ChatGPT in the person's own browser, one after another, and returns the answers."""

from typing import TYPE_CHECKING

from server.integrations.queue.stored_values import OF_ANSWER, OF_CONTROL, OF_PROMPT
from server.sdk.integration import Integration, IntegrationSpec, Revocation

if TYPE_CHECKING:
    import click

RESTORED = "It was open when the backup was made, so it is unknown whether ChatGPT has it. It is not sent again by itself."
UNCERTAIN = {"state": "uncertain", "worker": "restored", "ready": "0", "expires_at": None, "webhook_url": None}


def load() -> IntegrationSpec:
    """Import its parts."""
    from server.integrations.queue.demo import serve_fake
    from server.integrations.queue.extension.routes import sockets
    from server.integrations.queue.extension_local import local as extension_local
    from server.integrations.queue.local import local
    from server.integrations.queue.models import QueueSettings
    from server.integrations.queue.rest.routes import chat, progress
    from server.integrations.queue.service import start

    return IntegrationSpec(
        start=start,
        public=(chat, progress),
        deliveries=(sockets,),
        local=(local, extension_local),
        settings=QueueSettings,
        fake=serve_fake,
    )


def commands() -> "list[click.Command]":
    """Import its commands."""
    from server.integrations.queue.commands import queue
    from server.integrations.queue.extension_commands import extension

    return [queue, extension]


integration = Integration(
    name="queue",
    title="Browser queue",
    prefixes=("/api/chat", "/api/sse", "/ws/extension", "/api/queue", "/api/extension"),
    open_paths=("/ws/extension/pair",),
    connection_scopes=frozenset({"extension"}),
    load=load,
    commands=commands,
    scopes={
        "read:queue": "Read prompts and answers of the browser queue",
        "write:queue": "Put prompts into ChatGPT in your browser",
        "extension": "Serve as the browser extension",
    },
    revocations=(
        Revocation("queue_client", values={"approved": None, "webhook_url": ""}),
        Revocation("queue_extension"),
        Revocation("queue_extension", values={"imports": "0"}, is_pending=True),  # may have been stopped since
        # the extension reports a limit again; both could stop the queue for ever
        Revocation("queue_control", values={"limit_until": None, "sent_at": None}, is_pending=True, checks=OF_CONTROL),
        # a retry would send there
        Revocation("queue_prompt", values={"webhook_url": None}, is_pending=True, checks=OF_PROMPT),
        Revocation("queue_answer", where={"lane": ""}, is_pending=True, checks=OF_ANSWER),  # there are none of no lane
        # may have been sent since; the person is asked
        *(
            Revocation("queue_prompt", where={"state": state}, values=UNCERTAIN | {"error_message": RESTORED}, is_pending=True)
            for state in ("idle", "leased", "executing")
        ),
    ),
    instructions="It puts prompts into ChatGPT in the person's own browser, and returns the answers.",
)
