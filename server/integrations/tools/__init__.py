"""Tools of MCP servers, offered to every client as operations."""

from typing import TYPE_CHECKING

from server.sdk.integration import Integration, IntegrationSpec

if TYPE_CHECKING:
    import click


def load() -> IntegrationSpec:
    """Import its parts."""
    from server.integrations.tools.caller_routes import caller_tokens
    from server.integrations.tools.demo import serve_fake
    from server.integrations.tools.gpt_config import gpt_config
    from server.integrations.tools.local import local
    from server.integrations.tools.manage import manage
    from server.integrations.tools.presets.routes import local as presets
    from server.integrations.tools.reviews import reviews
    from server.integrations.tools.routes import public
    from server.integrations.tools.service import ToolsService, start
    from server.integrations.tools.sign_in.routes import callbacks, signing_in
    from server.integrations.tools.stored import ToolsSettings
    from server.integrations.tools.watch_routes import watching

    return IntegrationSpec(
        start=start,
        public=(public,),
        dynamic=ToolsService.list_routers,
        local=(presets, gpt_config, watching, local, manage, reviews, caller_tokens, signing_in),
        callbacks=(callbacks,),
        settings=ToolsSettings,
        fake=serve_fake,
    )


def commands() -> "list[click.Command]":
    """Import its commands."""
    from server.integrations.tools.caller_commands import caller_tokens_command
    from server.integrations.tools.choice_commands import register
    from server.integrations.tools.commands import tools
    from server.integrations.tools.sign_in.commands import sign_in_command, sign_out_command
    from server.integrations.tools.watch_commands import confirm_command, watch_command

    for command in (watch_command, confirm_command, caller_tokens_command, sign_in_command, sign_out_command):
        tools.add_command(command)
    register(tools)
    return [tools]


integration = Integration(
    name="tools",
    title="Tools",
    prefixes=("/tools", "/query"),
    load=load,
    commands=commands,
    instructions="It calls the tools of the MCP servers that the person added.",
)
