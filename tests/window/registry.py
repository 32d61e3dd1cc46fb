"""The window's pages, as ui/src/pages/index.ts registers them, some that lie below them, and the steps of the first run."""

import re

from tests.conftest import ROOT

NAMES = re.findall(r"\{ name: '(\w+)'", (ROOT / "ui" / "src" / "pages" / "index.ts").read_text(encoding="utf-8"))
STEPS = ("use", "tunnel", "connect", "gmail", "apps")
PAGES = [
    *NAMES,
    "access/my-gpt",
    "conversations/settings",
    "queue/settings",
    "tools/add",
    "connect/gpt",
    "connect/app",
    *(f"welcome/{step}" for step in STEPS),
]
