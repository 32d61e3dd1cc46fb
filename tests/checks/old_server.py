"""MCP server of the SDK 1.x, which runs in an environment of its own."""

from mcp.server.fastmcp import FastMCP  # type: ignore[import-not-found]

server = FastMCP("old", log_level="ERROR")


@server.tool()  # type: ignore[untyped-decorator]
def repeat(text: str) -> str:
    """Say it again."""
    return text


if __name__ == "__main__":
    server.run()
