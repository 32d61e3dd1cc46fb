"""Keeps conversations with OpenAI's models and the whole ChatGPT history, and searches them."""

from typing import TYPE_CHECKING

from server.sdk.integration import Integration, IntegrationSpec, Revocation

if TYPE_CHECKING:
    import click

ALIASES = {"/openai": "/api/v1/openai", "/sync/manual": "/api/v1/sync/manual"}  # of scripts for ChatBETO
RESTORED = "It was open when the backup was made, so it is unknown whether OpenAI has it. It is not sent again by itself."
PREFIXES = (
    *ALIASES,
    *ALIASES.values(),
    "/v1",
    "/webhook/chatgpt",
    "/webhook/openai",
    "/api/chats",
    "/api/chat-projects",
    "/api/imports",
    "/api/openai",
)


def load() -> IntegrationSpec:
    """Import its parts."""
    from server.integrations.conversations.compatible.routes import compatible
    from server.integrations.conversations.deletion.routes import local as deletion_local
    from server.integrations.conversations.deliveries.routes import webhook
    from server.integrations.conversations.demo import serve_fake
    from server.integrations.conversations.export.routes import local as export_local
    from server.integrations.conversations.files.routes import local as asset_local
    from server.integrations.conversations.imports.local import local as imports_local
    from server.integrations.conversations.library.local import local as library_local
    from server.integrations.conversations.library.routes import operations as reading
    from server.integrations.conversations.live.local import local as live_local
    from server.integrations.conversations.live.local import project_routes
    from server.integrations.conversations.live.routes import deliveries, operations
    from server.integrations.conversations.models import ConversationsSettings
    from server.integrations.conversations.openai_account.delivery import deliveries as openai_deliveries
    from server.integrations.conversations.openai_account.local import local as openai_local
    from server.integrations.conversations.openai_account.usage_local import local as usage_local
    from server.integrations.conversations.search.lookups import lookup
    from server.integrations.conversations.service import start

    return IntegrationSpec(
        start=start,
        public=(reading, operations, deliveries, compatible),
        deliveries=(webhook, openai_deliveries),
        local=(
            openai_local,
            usage_local,
            asset_local,
            deletion_local,
            export_local,
            live_local,
            library_local,
            project_routes,
            imports_local,
        ),
        settings=ConversationsSettings,
        lookups=(lookup,),
        fake=serve_fake,
    )


def commands() -> "list[click.Command]":
    """Import its commands."""
    from server.integrations.conversations.deliveries.commands import chats
    from server.integrations.conversations.export.commands import export
    from server.integrations.conversations.imports.commands import import_command, imports
    from server.integrations.conversations.openai_account.commands import openai
    from server.integrations.conversations.search.commands import search

    return [openai, search, chats, import_command, imports, export]


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
        # what was allowed once is not sent again
        Revocation("chat_answer", where={"state": "waiting"}, values={"state": "failed", "error": RESTORED}, is_pending=True),
        Revocation("chat_answer", where={"state": "running"}, values={"state": "uncertain", "error": RESTORED}, is_pending=True),
        Revocation("chat_sync", where={"state": "running"}, values={"state": "cancelled"}, is_pending=True),
        # the path of an import in a backup is anybody's
        *(
            Revocation("chat_import", where={"state": state}, values={"state": "cancelled"}, is_pending=True)
            for state in ("previewing", "ready", "running")
        ),
    ),
    instructions="It searches the person's whole ChatGPT history, and holds conversations with OpenAI models.",
)
