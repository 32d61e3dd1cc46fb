"""Addresses that are known, and pieces of which addresses are made that look like them."""

KNOWN = [
    "https://chatgpt.com/aip/g-1/oauth/callback",
    "https://chat.openai.com/aip/g-1/oauth/callback",
    "https://chatgpt.com/connector/oauth/g-1",
    "https://chatgpt.com/connector_platform_oauth_redirect",
    "https://claude.ai/api/mcp/auth_callback",
]
WORDS = [
    *KNOWN,
    "https://chatgpt.com",
    "https://chatgpt.com/aip/",
    "g-1",
    "/oauth/callback",
    "\n",
    "%0a",
    "@evil.test",
    ".evil.test",
    "/../",
    "//",
    "\\",
    "#",
    "?x=1",
    "javascript:",
    "https://evil.test/",
    "http://127.0.0.1/",
    "\u00fc",
    "%2e",
    " ",
    "\x00",
]
