"""Tools of MCP servers, offered to every client as operations."""
