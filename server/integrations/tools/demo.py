"""Demo mode: the demo CRM runs as an MCP server. With DESKHAND_DEMO_TOOLS=off it does not."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from server.integrations.tools.fake.launch import crm_command, crm_environment
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.store import Store
from server.integrations.tools.stored import Credentials, fingerprint
from server.sdk.context import Context

ID = "demo-crm"
TITLE = "Demo CRM"
FAILURES = ("Error executing natural query:",)


@asynccontextmanager
async def serve_fake(context: Context) -> AsyncIterator[None]:
    """Put the demo CRM among the servers."""
    if os.environ.get("DESKHAND_DEMO_TOOLS") != "off":
        program, *arguments = crm_command()
        variables = {name: SecretStr(value) for name, value in crm_environment().items()}
        config = UpstreamConfig(
            id=ID,
            title=TITLE,
            transport=Transport.stdio,
            command=program,
            arguments=tuple(arguments),
            environment=tuple(variables),
            error_prefixes=FAILURES,
        )
        secrets = UpstreamSecrets(environment=variables)
        await Store(context.settings, context.secrets).put(config, Credentials(secrets=secrets, fingerprint=fingerprint(config)))
    yield
