"""Sessions with upstream MCP servers. Only these modules import the client of the MCP SDK."""
