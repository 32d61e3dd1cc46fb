"""The operations as tools of the Model Context Protocol, at /mcp: for ChatGPT's apps, Claude and every other such client.

Only `server` and `transport` import its SDK, and they are imported when the first client comes.
"""
