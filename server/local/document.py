"""OpenAPI document of the local API, the source of the window's types: `python -m server.local.document > ui/openapi.json`."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from server.http.addresses import Address
from server.integrations import discover
from server.local.app import create_local_application
from server.runtime.state import open_state
from server.storage.data_dir import open_home


async def make_document() -> dict[str, Any]:
    """Make the document, with every integration, over a temporary store."""
    with tempfile.TemporaryDirectory() as folder, open_home(Path(folder), demo=None) as home:
        async with open_state(home, Address()) as state:
            state.runtime.describe(discover)
            await state.runtime.wait()
            document = create_local_application(state, complete=True).openapi()
    document["info"]["version"] = "0.0.0"  # a new version of the program is no change of the document
    return document


if __name__ == "__main__":
    print(json.dumps(asyncio.run(make_document()), indent=1, ensure_ascii=False))  # noqa: T201, it is what this is for
