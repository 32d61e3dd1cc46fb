"""Parts of a mail as Gmail's API writes them."""

import base64
from typing import Any


def part(kind: str, text: Any = None, *parts: Any, name: str = "", **headers: str) -> dict[str, Any]:
    """A part as Gmail writes it."""
    body: dict[str, Any] = {"size": 0}
    if text is not None:
        content = text if isinstance(text, bytes) else text.encode()
        body = {"size": len(content), "data": base64.urlsafe_b64encode(content).decode().rstrip("=")}
    listed = [{"name": key.replace("_", "-"), "value": value} for key, value in headers.items()]
    made = {"partId": "", "mimeType": kind, "filename": name, "headers": listed, "body": body}
    return {**made, "parts": list(parts)} if parts else made


PLAIN, HTML = part("text/plain", "plain"), part("text/html", "<p>html</p>")
PDF = {"mimeType": "application/pdf", "filename": "a.pdf", "body": {"attachmentId": "ANGj", "size": 1024}}
