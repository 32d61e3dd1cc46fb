"""Demo CRM as an MCP server, built with the SDK's own server."""

import json
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from server.integrations.tools.fake import records

NAME = "demo-crm"
INSTRUCTIONS = "A CRM with made-up companies. Use natural_query for questions, and the other tools for exact lists."
READS = ToolAnnotations(read_only_hint=True)
FAILED = "Error executing natural query: "  # reported as success, as Ambivo's server does
LONGEST_QUESTION = 2_000

Limit = Annotated[int, Field(ge=1, le=100, description="Number of records at most.")]
Text = Annotated[str, Field(max_length=LONGEST_QUESTION)]
Format = Literal["table", "natural", "both"]


def create_server() -> MCPServer:
    """Create the server with its four tools."""
    server = MCPServer(name=NAME, title="Demo CRM", instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in (natural_query, get_leads, get_contacts, search_entities):
        server.add_tool(tool, annotations=READS, structured_output=False)
    return server


def natural_query(query: Text, response_format: Format = "both") -> CallToolResult:
    """Ask a question about leads and contacts in plain language."""
    if not query.strip():
        return to_result(f"{FAILED}the question is empty.")
    title, result = records.answer(query)
    if not result:
        return to_result(f"Nothing was found for “{query}”.")
    sentence = f"{len(result)} {title}: {', '.join(str(record.get('company')) for record in result)}."
    table = json.dumps(result, ensure_ascii=False, indent=2)
    texts = {"natural": sentence, "table": table, "both": f"{sentence}\n\n{table}"}
    return to_result(texts[response_format], result)


def get_leads(status: Literal["", "new", "contacted", "qualified", "lost"] = "", limit: Limit = 10) -> CallToolResult:
    """List leads, newest first."""
    return to_list(records.find_leads(status, limit))


def get_contacts(search: Text = "", limit: Limit = 10) -> CallToolResult:
    """List contacts, or those in whose name, company, address or city a text occurs."""
    return to_list(records.find_contacts(search, limit))


def search_entities(
    query: Text, entity_types: list[Literal["lead", "contact"]] | None = None, limit: Limit = 10
) -> CallToolResult:
    """Search leads and contacts."""
    return to_list(records.search_records(query, tuple(entity_types or ("lead", "contact")), limit))


def to_list(result: list[dict[str, Any]]) -> CallToolResult:
    return to_result(json.dumps(result, ensure_ascii=False, indent=2), result)


def to_result(text: str, result: list[dict[str, Any]] | None = None) -> CallToolResult:
    structured = {"records": result} if result is not None else None
    return CallToolResult(content=[TextContent(text=text)], structured_content=structured)
