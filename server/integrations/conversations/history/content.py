"""Content of one message of an export: whether it is shown, as what, its text in Markdown, and its files."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.integrations.conversations.history.citations import References, Source, cite, items_of, source_of
from server.integrations.conversations.history.decode import Message, Metadata, text_of, title_of
from server.integrations.conversations.history.reports import find_report

ROLES = {"user": "user", "assistant": "assistant", "tool": "tool", "function": "tool"}
HIDDEN_TYPES = frozenset(
    {
        "reasoning_recap",
        "tether_browsing_display",
        "sonic_webpage",
        "system_error",
        "model_editable_context",
        "user_editable_context",
    }
)
HIDDEN_TOOLS = re.compile(
    r"(bio|web|browser|dalle|t2uay3k|image_gen|imagegen|file_search|myfiles_browser|canmore|api_tool|research_kickoff_tool)\b.*"
)
CANVAS = "canmore."
SANDBOX_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{0,500}+)\]\(sandbox:[^)\n]{0,1000}+\)")
AUDIO_POINTERS = ("audio_asset_pointer", "video_container_asset_pointer")


@dataclass
class File:
    """A file of a message. `pointer`: its id, within whatever the export has around it."""

    pointer: str
    name: str = ""


@dataclass(slots=True)
class Shown:
    """A message that is shown. `role`: empty if the export does not say."""

    kind: str
    text: str
    role: str = ""
    name: str = ""
    language: str = ""
    files: list[File] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)


Content = Mapping[str, Any]


def read_message(message: Message, references: References) -> Shown | None:
    """Read a message; None if it is hidden or empty."""
    content = message.content
    if not isinstance(content, dict):
        parts = [content] if isinstance(content, str) else content
        content = {"content_type": "text", "parts": parts} if isinstance(parts, list) else {}
    shown = read_thoughts(content) or find_report_of(message, content, references)
    if shown is None and not is_hidden(message, content):
        shown = read_shown(message, content, references)
    if shown is None or not (shown.text.strip() or shown.files):
        return None
    shown.text = shown.text.strip("\n")
    return shown


def type_of(content: Content) -> str:
    """Return the type of a content, or of a part of one."""
    return str(content.get("content_type"))


def read_thoughts(content: Content) -> Shown | None:
    """Read what a model thought. It is shown folded, also if the export marks it as hidden."""
    if content.get("content_type") != "thoughts":
        return None
    thoughts = []
    for thought in items_of(content.get("thoughts")):
        summary, text = title_of(thought.get("summary")), thought.get("content")
        chunks = thought.get("chunks")
        if not text and isinstance(chunks, list):
            text = "".join(chunk for chunk in chunks if isinstance(chunk, str))
        thoughts += [f"**{summary}**"] if summary else []
        thoughts += [text] if isinstance(text, str) and text else []
    return Shown("thoughts", "\n\n".join(thoughts), "assistant")


def find_report_of(message: Message, content: Content, references: References) -> Shown | None:
    """Find the report of a deep research, which newer exports have in the state of a widget only."""
    report = find_report(message.metadata, content)
    if report is None:
        return None
    text, sources = cite(report.text, report.metadata, references)
    return Shown("report", text, "assistant", sources=sources)


def is_hidden(message: Message, content: Content) -> bool:
    """Return whether the web interface does not show a message."""
    metadata, author = message.metadata, message.author
    if message.weight == 0 or (metadata and metadata.is_visually_hidden_from_conversation is True):
        return True
    if type_of(content) in HIDDEN_TYPES:
        return True
    role, name = (text_of(author.role), text_of(author.name)) if author else ("", "")
    if role == "assistant":
        return is_for_a_tool(message, content)
    if role == "tool":
        return is_of_a_hidden_tool(name, content)
    return role in {"system", "developer"}


def is_for_a_tool(message: Message, content: Content) -> bool:
    """Return whether an assistant's message went to a tool of which nothing is shown."""
    recipient = text_of(message.recipient) or "all"
    if content.get("content_type") == "code" and recipient == "all":
        return text_of(content.get("language")) in {"", "unknown", "json"}
    return recipient not in {"all", "python"} and not recipient.startswith(CANVAS)


def is_of_a_hidden_tool(name: str, content: Content) -> bool:
    """Return whether a tool's output is for the model only. Its images and quotations are shown."""
    if type_of(content) in {"tether_quote", "execution_output"}:
        return False
    has_files = any(part.get("asset_pointer") for part in items_of(content.get("parts")))
    return bool(HIDDEN_TOOLS.fullmatch(name)) and not has_files


def read_shown(message: Message, content: Content, references: References) -> Shown:
    """Read a message that is not hidden."""
    author = message.author
    role = ROLES.get(text_of(author.role), "") if author else ""
    recipient = text_of(message.recipient)
    if role == "assistant" and recipient.startswith(CANVAS):
        shown = read_canvas(recipient, content)
    else:
        shown = READERS.get(type_of(content), read_parts)(content)
    if recipient == "python" and shown.kind == "text":
        shown.kind, shown.language = "code", "python"
    shown.role, shown.name = role, text_of(author.name) if author else ""
    shown.files += list_attachments(message.metadata)
    if shown.kind in {"text", "voice"}:
        finish_text(shown, message.metadata, references)
    if shown.kind == "text" and role == "tool" and not shown.sources and not shown.files:
        shown.kind = "output"
    return shown


def finish_text(shown: Shown, metadata: Metadata | None, references: References) -> None:
    """Resolve the citations of a text, and remove links that lead nowhere."""
    text, sources = cite(shown.text, metadata, references)
    shown.text = SANDBOX_LINK.sub(r"\1", text) if "sandbox:" in text else text
    shown.sources += sources
    if metadata and metadata.is_async_task_result_message is True and shown.kind == "text":
        shown.kind = "report"


def read_parts(content: Content) -> Shown:
    """Read text and media in parts, or the only text that there is."""
    texts, files, kind = [], list[File](), "text"
    parts = content.get("parts")
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], str):
        return Shown(kind, parts[0])  # almost every message
    for part in parts if isinstance(parts, list) else [content.get("text")]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            text, media = read_part(part)
            texts.append(text)
            files += media
            if str(part.get("content_type")).startswith(("audio_", "real_time_")):
                kind = "voice"
    return Shown(kind, "\n\n".join(text for text in texts if text), files=files)


def read_part(part: Content) -> tuple[str, list[File]]:
    """Read a part: the text of a transcript, or the files it points to."""
    text = part.get("text")
    if isinstance(part.get("content"), str) and isinstance(part.get("name"), str):
        text = format_document(part)
    files = [File(pointer) for pointer in list_pointers(part)]
    return (text if isinstance(text, str) else ""), files


def list_pointers(part: Content) -> Iterator[str]:
    """List the pointers of a part: an image, a recording, or both and the frames of a video."""
    pointers = [part.get("asset_pointer")]
    for name in AUDIO_POINTERS:
        inner = part.get(name)
        pointers.append(inner.get("asset_pointer") if isinstance(inner, dict) else inner)
    frames = part.get("frames_asset_pointers")
    pointers += frames if isinstance(frames, list) else []
    return (pointer for pointer in pointers if isinstance(pointer, str) and pointer)


def read_code(content: Content) -> Shown:
    """Read a program that the model ran."""
    language = text_of(content.get("language"))
    text = content.get("text")
    shown = (
        Shown("code", text, language="" if language == "unknown" else language) if isinstance(text, str) else read_parts(content)
    )
    shown.kind = "code"
    return shown


def read_output(content: Content) -> Shown:
    """Read what a program printed."""
    text = content.get("text")
    shown = Shown("output", text) if isinstance(text, str) else read_parts(content)
    shown.kind = "output"
    return shown


def read_quote(content: Content) -> Shown:
    """Read a quotation of a page or a file."""
    text, source = content.get("text"), source_of({**content, "title": content.get("title") or content.get("domain")})
    lines = text.strip().splitlines() if isinstance(text, str) else []
    note = " [^1]" if source and lines else ""
    return Shown("text", "\n".join(f"> {line}" for line in lines) + note, sources=[source] if source and lines else [])


def read_canvas(recipient: str, content: Content) -> Shown:
    """Read a document of the canvas, or the changes to it."""
    written = read_parts(content).text
    try:
        document = json.loads(written)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return Shown("canvas", written)
    if recipient.endswith("create_textdoc"):
        return Shown("canvas", format_document(document), language=language_of(document))
    changes = [change for name in ("updates", "comments") for change in items_of(document.get(name))]
    texts = [change.get("replacement") or change.get("comment") for change in changes]
    return Shown("canvas", "\n\n".join(text for text in texts if isinstance(text, str)))


def format_document(document: Content) -> str:
    """Format a document as Markdown: its name as the title, code in a fence that is longer than any in it."""
    title, text = title_of(document.get("name")), document.get("content")
    text = text if isinstance(text, str) else ""
    if language := language_of(document):
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        text = f"{fence}{language}\n{text}\n{fence}"
    return f"## {title}\n\n{text}" if title else text


def language_of(document: Content) -> str:
    """Return the language of a document of code, whose type is such as code/python."""
    kind, _, language = text_of(document.get("type")).partition("/")
    return re.sub(r"[^\w+#-]", "", language) if kind == "code" else ""


def list_attachments(metadata: Metadata | None) -> Iterator[File]:
    """List what was attached to a message, and the pictures that a program drew."""
    if metadata is None:
        return
    for attachment in items_of(metadata.attachments):
        if pointer := text_of(attachment.get("id")):
            yield File(pointer, title_of(attachment.get("name")))
    if isinstance(result := metadata.aggregate_result, dict):
        for output in items_of(result.get("messages")):
            if isinstance(picture := output.get("image_url"), str) and picture:
                yield File(picture)


READERS: Mapping[str, Callable[[Content], Shown]] = {
    "code": read_code,
    "execution_output": read_output,
    "tether_quote": read_quote,
}
