"""Demo CRM: an MCP server over standard streams or on a loopback port, with made-up companies and people."""
