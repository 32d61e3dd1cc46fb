"""Keeps conversations with OpenAI's models and the whole ChatGPT history, and searches them."""

from typing import TYPE_CHECKING

from server.sdk.integration import Integration, IntegrationSpec

if TYPE_CHECKING:
    import click

PREFIXES = ("/api/v1/openai", "/openai", "/v1", "/webhook/chatgpt", "/webhook/openai", "/sync/manual", "/api/v1/sync/manual")


def load() -> IntegrationSpec:
    """Import its parts."""
    from server.integrations.conversations.models import ConversationsSettings
    from server.integrations.conversations.service import start

    return IntegrationSpec(start=start, settings=ConversationsSettings)


def commands() -> "list[click.Command]":
    """Import its commands."""
    return []


integration = Integration(
    name="conversations",
    title="Conversations",
    prefixes=PREFIXES,
    load=load,
    commands=commands,
    scopes={
        "read:chats": "Read your conversations and your ChatGPT history",
        "write:chats": "Hold conversations with OpenAI models, at your cost",
    },
    instructions="It searches the person's whole ChatGPT history, and holds conversations with OpenAI models.",
)
