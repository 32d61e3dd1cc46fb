"""The names of the window's pages, as ui/src/pages/index.ts registers them."""

import re

from tests.conftest import ROOT

NAMES = re.findall(r"\{ name: '(\w+)'", (ROOT / "ui" / "src" / "pages" / "index.ts").read_text(encoding="utf-8"))
