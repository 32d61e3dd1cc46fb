"""Replies of the fake model, the same for the same message."""

from collections import deque
from dataclasses import dataclass, field

RICH = """Here is a **short** overview of `queues`:

## Steps

1. Put the message in.
2. Wait for the *answer*.

- first
- second

```python
def send(message: str) -> str:
    if not message:
        return "<nothing> & \\"more\\""
    return f"sent: {message}"
```

| Name | Count |
| --- | --- |
| idle | 3 |

The rate is $r = \\frac{a}{b}$. [[cite:Example|https://example.com/queues?utm_source=chatgpt.com]]

![Generated image](/backend-api/estuary/content?id=file_0001)"""


@dataclass
class Replies:
    """Replies of the model. `scripted`: those to come; `known`: by message. Without one it repeats the message."""

    scripted: deque[str] = field(default_factory=deque)
    known: dict[str, str] = field(default_factory=dict)

    def make(self, message: str) -> str:
        """Answer a message."""
        if self.scripted:
            return self.scripted.popleft()
        if reply := self.known.get(message):
            return reply
        if "markdown" in message.lower():
            return RICH
        return f"You wrote: {message}\n\nThat is an answer of two paragraphs, so that there is something to stream. END"


def make_title(message: str) -> str:
    """Name a chat after its first message."""
    words = message.split()
    return " ".join(words[:5]) or "New chat"
