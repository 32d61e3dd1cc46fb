import asyncio
import json

from server.local.document import make_document


def test_openapi_document_of_the_window_is_current(root) -> None:
    """After a change of the local surface: `python -m server.local.document > ui/openapi.json`."""
    assert json.loads((root / "ui" / "openapi.json").read_text("utf-8")) == asyncio.run(make_document())
