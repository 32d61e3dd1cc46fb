"""Presets: MCP servers with pinned versions, each installed into an environment of its own."""
