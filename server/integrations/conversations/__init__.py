"""Keeps conversations with OpenAI's models and the whole ChatGPT history, and searches them."""

from typing import TYPE_CHECKING

from server.sdk.integration import Integration, IntegrationSpec, Revocation

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
    "/api/openai",
)


def load() -> IntegrationSpec:
    """Import its parts."""
    from server.integrations.conversations.asset_routes import local as asset_local
    from server.integrations.conversations.deletion_routes import local as deletion_local
    from server.integrations.conversations.library_local import local as library_local
    from server.integrations.conversations.lookups import lookup
    from server.integrations.conversations.models import ConversationsSettings
    from server.integrations.conversations.openai_local import local as openai_local
    from server.integrations.conversations.reading_routes import operations as reading
    from server.integrations.conversations.service import start

    return IntegrationSpec(
        start=start,
        public=(reading,),
        local=(
            openai_local,
            asset_local,
            deletion_local,
            library_local,
        ),
        settings=ConversationsSettings,
        lookups=(lookup,),
    )


def commands() -> "list[click.Command]":
    """Import its commands."""
    from server.integrations.conversations.openai_commands import openai
    from server.integrations.conversations.search_commands import search

    return [openai, search]


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
    revocations=(
        Revocation("chat_openai_deletion", is_pending=True),
        Revocation("chat_deleted", is_pending=True),
        Revocation("chat_project", values={"retention_days": None}),
    ),
    instructions="It searches the person's whole ChatGPT history, and holds conversations with OpenAI models.",
)
