"""The language model of the fake OpenAI: it answers each conversation with the same text each time, and counts tokens."""

import json
import re
import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BYTES_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 3
REPLIES = (
    (
        "Here is a short answer to “{question}”.\n\n1. Begin with the part that is easiest to undo.\n2. Look at the result.\n"
        "3. Go on with the next one.\n\nTell me which of these you want in more detail."
    ),
    (
        "Good question. Two things decide it:\n\n| | Today | Next year |\n|---|---:|---:|\n| Effort | 3 h | 1 h |\n"
        "| Cost | 40 | 15 |\n\nI would start today, because “{question}” does not get easier by waiting."
    ),
    (
        '```python\ndef answer(question: str) -> str:\n    return question.strip() or "Nothing was asked."\n```\n\n'
        "The function above shows the idea behind “{question}”: keep what is there, and say so if nothing is."
    ),
    "Yes. The reason is simple: $a^2 + b^2 = c^2$ holds for every right triangle, so “{question}” has one answer only.",
)


@dataclass
class Reply:
    """Reply of the model: a text, or the call of a function."""

    text: str = ""
    function: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pieces(self) -> list[str]:
        """Split the text, or the arguments as JSON, as a stream has them."""
        return re.findall(r"\s*\S+\s*", self.full) or [self.full]

    @property
    def full(self) -> str:
        """Return the text, or the arguments as JSON."""
        return json.dumps(self.arguments, ensure_ascii=False, separators=(",", ":")) if self.function else self.text


class LanguageModel:
    """Answers a conversation. `scripted` replies come first, in their order; a str is a text."""

    def __init__(self) -> None:
        self.scripted: deque[Reply | str] = deque()

    def reply(self, messages: Sequence[tuple[str, str]], tools: Sequence[Mapping[str, Any]] = (), choice: Any = "auto") -> Reply:
        """Answer the last message. `messages`: role and text of each; `tools`: name and parameters of each."""
        if self.scripted:
            scripted = self.scripted.popleft()
            return Reply(scripted) if isinstance(scripted, str) else scripted
        role, question = messages[-1] if messages else ("user", "")
        tool = pick_tool(question, tools, choice) if role != "tool" else None
        if tool is not None:
            return Reply(function=tool["name"], arguments=make_arguments(tool.get("parameters") or {}, question))
        if role == "tool":
            return Reply(f"The function answered: {question[:200]}")
        template = REPLIES[zlib.crc32(question.encode("utf-8", "replace")) % len(REPLIES)]
        return Reply(template.replace("{question}", " ".join(question.split())[:120]))


def pick_tool(question: str, tools: Sequence[Mapping[str, Any]], choice: Any) -> Mapping[str, Any] | None:
    """Pick the function that is demanded, or the first that the question names."""
    if choice == "none" or not tools:
        return None
    if isinstance(choice, Mapping):
        name = (choice.get("function") or choice).get("name")
        return next((tool for tool in tools if tool["name"] == name), tools[0])
    named = [tool for tool in tools if tool["name"].casefold() in question.casefold()]
    return (named or tools)[0] if named or choice == "required" else None


def make_arguments(schema: Mapping[str, Any], question: str) -> dict[str, Any]:
    """Make the required arguments of a function."""
    samples = {"integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    properties = schema.get("properties") or {}
    wanted = schema.get("required") or list(properties)
    return {name: samples.get(properties.get(name, {}).get("type", "string"), question[:60]) for name in wanted}


def count_tokens(text: str) -> int:
    """Count tokens, roughly as OpenAI's tokenizers do for English."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def count_input(messages: Sequence[tuple[str, str]]) -> int:
    """Count the tokens of a conversation."""
    return sum(count_tokens(text) + TOKENS_PER_MESSAGE for _, text in messages)


def serve(body: Mapping[str, Any]) -> str:
    """Return the service tier that a request is served with: the one it asks for, under the name that answers have."""
    wanted = str(body.get("service_tier") or "auto")
    return {"auto": "default", "fast": "priority"}.get(wanted, wanted)


def limit(reply: Reply, tokens: int | None) -> tuple[list[str], bool]:
    """Cut a reply after so many tokens; return its pieces and whether it was cut."""
    if tokens is None or reply.function:
        return reply.pieces, False
    pieces: list[str] = []
    for piece in reply.pieces:
        if count_tokens("".join([*pieces, piece])) > tokens:
            return pieces, True
        pieces.append(piece)
    return pieces, False
