"""Keeps conversations with OpenAI's models and the whole ChatGPT history, and searches them."""

from typing import TYPE_CHECKING

from server.sdk.integration import Integration, IntegrationSpec

if TYPE_CHECKING:
    import click

ALIASES = {"/openai": "/api/v1/openai", "/sync/manual": "/api/v1/sync/manual"}  # of scripts for ChatBETO
PREFIXES = (
    *ALIASES,
    *ALIASES.values(),
    "/v1",
    "/webhook/chatgpt",
    "/webhook/openai",
    "/api/chats",
    "/api/chat-projects",
    "/api/imports",
)


def load() -> IntegrationSpec:
    """Import its parts."""
    from server.integrations.conversations.imports_local import local as imports
    from server.integrations.conversations.models import ConversationsSettings
    from server.integrations.conversations.service import start

    return IntegrationSpec(start=start, local=(imports,), settings=ConversationsSettings)


def commands() -> "list[click.Command]":
    """Import its commands."""
    from server.integrations.conversations.import_commands import import_command

    return [import_command]


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
    aliases=ALIASES,
    instructions="It searches the person's whole ChatGPT history, and holds conversations with OpenAI models.",
)
