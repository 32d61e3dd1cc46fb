"""Configuration of a GPT as a file, gpt_actions_config.json: what a person types into ChatGPT's form."""

from typing import Annotated

from pydantic import BaseModel, Field

from server.integrations.tools.callers import scope_of
from server.integrations.tools.presets.catalogue import AMBIVO
from server.integrations.tools.service import ToolsService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

gpt_config = DeferredRouter(prefix="/api/tools", tags=["Tools"])
Tools = Annotated[ToolsService, provided(ToolsService)]
NAME, DESCRIPTION = "Deskhand tools", "Use the tools of the MCP servers on my computer."
KEY = "Create a key in Deskhand under Access, and paste it here."
SETUP = (
    "In ChatGPT, choose Explore GPTs, then Create.",
    "Under Actions, import the schema from its URL.",
    "Under Authentication, choose API Key, then Bearer, and paste the key.",
)
USAGE = ("A tool asks you on your computer until you trust its server.",)


class GptAuthentication(BaseModel):
    """How the GPT signs in."""

    type: str = "bearer_token"
    instructions: str = KEY


class GptInstructions(BaseModel):
    """Steps for the person."""

    setup: list[str] = list(SETUP)
    usage: list[str] = list(USAGE)


class GptConfig(BaseModel):
    """A GPT. `example_queries`: its conversation starters."""

    name: str = NAME
    description: str = DESCRIPTION
    schema_url: str
    authentication: GptAuthentication = GptAuthentication()
    privacy_policy_url: str
    instructions: GptInstructions = GptInstructions()
    example_queries: list[str] = Field([])


def make_gpt_config(address: str, server_id: str = "", *, answers_questions: bool, is_ambivo: bool) -> GptConfig:
    """Make the configuration. `answers_questions`: a server answers questions, for which there are examples.

    `server_id`: of the server whose tools the GPT has; a GPT takes too few operations for all that Deskhand has.
    """
    config = GptConfig(
        schema_url=f"{address}/openapi.yaml" + (f"?scope={scope_of(server_id)}" if server_id else ""),
        privacy_policy_url=f"{address}/privacy",
        example_queries=list(AMBIVO.examples) if answers_questions else [],
    )
    if not is_ambivo:
        return config
    return config.model_copy(
        update={"name": "Ambivo CRM Assistant", "description": "Access and query Ambivo CRM data using natural language"}
    )


@gpt_config.get("/gpt-config")
async def show_gpt_config(tools: Tools, server: str = "") -> GptConfig:
    """Shows the configuration of a GPT that uses the tools of a server: the one named, the one for questions, or the only one."""
    questions = [tool.key.server for tool in tools.find_query_tools()]
    if server:
        chosen = tools.servers.find(server).config.id
    elif questions:
        chosen = questions[0]
    else:
        chosen = next(iter(tools.servers.upstreams)) if len(tools.servers.upstreams) == 1 else ""
    ambivo = {config.id for config in tools.presets.list_added(AMBIVO)}
    return make_gpt_config(tools.public_address, chosen, answers_questions=chosen in questions, is_ambivo=chosen in ambivo)
