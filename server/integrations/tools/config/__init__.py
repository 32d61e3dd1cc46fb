"""Configuration of upstream servers, in the formats in which MCP clients write it."""
