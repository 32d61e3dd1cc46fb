"""A ChatGPT history for the window: many short conversations, a long one, and one with everything that can be read."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from tests.history_exports import Json, conversation, link, message, node, text, thread, write_list
from tests.server.conftest import Served

SHORT, LONG = 400, 150
PICTURE = "file-Picture1234567890"
CITED = "\ue200cite\ue202turn0search0\ue201"
ANSWER = f"""Here is **how** to measure `bloat`{CITED}:

## First

The area is $\\pi r^2$, it costs $5 and $10, and

$$
\\det(\\mathbf A - \\lambda \\mathbf I) = 0
$$

```python
def total(prices: list[float]) -> float:
    return sum(prices)  # a comment
```

| Index | Size |
|:--|--:|
| B-tree | 12 |

- [x] rebuild
- <b onclick="alert(1)">raw</b>

[bad](javascript:alert(1)) and ![track](https://evil.example/track.png)
"""


def make_rich() -> Json:
    """Make a conversation with a picture, thoughts, two versions of an answer and sources."""
    picture = {"content_type": "image_asset_pointer", "asset_pointer": f"file-service://{PICTURE}", "width": 640, "height": 360}
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Weighing", "content": "pondering deeply"}]}
    hits = {
        "matched_text": CITED,
        "type": "grouped_webpages",
        "items": [{"title": "Index wiki", "url": "https://wiki.example/index"}],
    }
    content_value = {"content_type": "multimodal_text", "parts": [picture, "How do I measure an index?"]}
    mapping: Json = {"root": node("root", None, None)}
    rows: list[tuple[str, str, str, Json, dict[str, Any]]] = [
        ("ask", "root", "user", content_value, {}),
        ("think", "ask", "assistant", thoughts, {}),
        ("first", "think", "assistant", text("A short first answer."), {}),
        ("second", "think", "assistant", text(ANSWER), {"content_references": [hits], "model_slug": "gpt-5"}),
        ("thanks", "second", "user", text("Thanks, that was <i>clear</i>."), {}),
    ]
    for number, (key, parent, role, content, metadata) in enumerate(rows):
        at = datetime(2026, 11, 28, 9, number, tzinfo=UTC).timestamp()
        mapping[key] = node(key, parent, message(key, role, at, content, metadata=metadata))
    link(mapping)
    at = datetime(2026, 11, 28, 9, tzinfo=UTC).timestamp()
    return conversation("rich", mapping, "thanks", title="Measuring an index", create_time=at, update_time=at + 300)


def make_short(number: int) -> Json:
    """Make a conversation of two messages; each is half a day older than the one before."""
    at = datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp() - number * 43_200
    topic = ("sourdough", "Lisbon", "invoices", "heating")[number % 4]
    turns = (("user", text(f"Question {number} about {topic}?")), ("assistant", text(f"Answer {number} about {topic}.")))
    project = {"gizmo_id": "g-p-1234567890abcdef1234567890abcdef"} if number % 10 == 0 else {}
    return thread(f"short-{number}", *turns, title=f"Talk {number} about {topic}", create_time=at, update_time=at + 60, **project)


def make_long() -> Json:
    """Make a conversation of many messages."""
    at = datetime(2025, 3, 1, tzinfo=UTC).timestamp()
    turns = [
        ("assistant" if number % 2 else "user", text(f"Turn {number} of the long talk. " + "More words. " * 30))
        for number in range(LONG)
    ]
    return thread("long", *turns, title="A long talk", create_time=at, update_time=at + LONG)


def write_history(folder: Path) -> Path:
    """Write the export."""
    folder.mkdir()
    write_list(folder / "conversations.json", [make_rich(), make_long(), *map(make_short, range(SHORT))])
    picture = io.BytesIO()
    Image.new("RGB", (640, 360), "#0b6b68").save(picture, "PNG")
    (folder / f"{PICTURE}.dat").write_bytes(picture.getvalue())
    (folder / "conversation_asset_file_names.json").write_text(json.dumps({f"{PICTURE}.dat": "index.png"}))
    return folder


def import_history(server: Served, folder: Path) -> dict[str, Any]:
    """Import the export, and return the report."""
    answer = server.person("POST", "/api/imports", json={"path": str(write_history(folder)), "start": True})
    assert answer.status_code == 200, answer.text
    begun = answer.json()
    answer = server.person("GET", f"/api/imports/{begun['id']}?wait=30", timeout=90)
    assert answer.status_code == 200, answer.text
    ended = answer.json()
    assert ended["state"] == "done", ended
    report: dict[str, Any] = ended["report"]
    return report


def begin(server: Served, text: str) -> str:
    """Start a conversation, and wait for its answer."""
    chat_id = server.person("POST", "/api/chats", json={"project_id": "1", "text": text}).json()["id"]
    chat = server.person("GET", f"/api/chats/{chat_id}").json()
    answer = next(message["id"] for message in chat["messages"] if message["role"] == "assistant")
    server.person("GET", f"/api/chats/{chat_id}/answers/{answer}")
    return str(chat_id)
