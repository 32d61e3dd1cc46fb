"""Messages as Markdown."""

import re
from collections.abc import Iterator, Mapping

from server.integrations.conversations.library.library import read_details, to_iso
from server.integrations.conversations.models import Attachment, Citation, Details, Kind
from server.integrations.conversations.store.reading import Row

ROLES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
FENCED = {Kind.code, Kind.output}
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
TICKS = re.compile(r"`{3,}")
FOOTNOTE = re.compile(r"\[\^(\d+)\]")


def render(row: Row, numbers: Mapping[str, int], names: Mapping[str, str]) -> str:
    """Write a message. Its footnotes get its number, so that each is unique in the file."""
    details, number = read_details(row["details"]), numbers[row["id"]]
    parts = [make_heading(row, details, numbers), make_body(row, details, number)]
    parts += [make_link(attachment, names.get(attachment.id, "")) for attachment in details.attachments]
    parts += make_footnotes(details.citations, number)
    return "\n\n".join(part for part in parts if part) + "\n\n"


def make_heading(row: Row, details: Details, numbers: Mapping[str, int]) -> str:
    """Write whose a message is and when it was written; of a branch also the message that it follows."""
    author = make_line(details.name) or ROLES.get(row["role"], row["role"])
    kind, time = row["kind"] if row["kind"] != Kind.text else "", to_iso(row["created_at"])
    about = [text for text in (author, kind, time) if text]
    number, parent = numbers[row["id"]], numbers.get(row["parent"], 0)
    follows = f" (follows message {parent})" if parent not in {0, number - 1} else ""
    return f"## {number}. {' · '.join(about)}{follows}"


def make_body(row: Row, details: Details, number: int) -> str:
    """Write the text of a message: code in a fence, thoughts as a quotation."""
    text: str = row["text"].strip("\n")
    if row["kind"] in FENCED:
        fence = "`" * max([3, *(len(ticks) + 1 for ticks in TICKS.findall(text))])
        return f"{fence}{make_line(details.language).replace('`', '')}\n{text}\n{fence}"
    known = {str(citation.number) for citation in details.citations}

    def renumber(match: re.Match[str]) -> str:
        return f"[^{number}-{match[1]}]" if match[1] in known else match[0]

    text = FOOTNOTE.sub(renumber, text) if known else text
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if row["kind"] == Kind.thoughts else text


def make_link(attachment: Attachment, name: str) -> str:
    """Link a file, or say that it is not there."""
    label = escape(attachment.name or name.rpartition("/")[2] or attachment.id)
    if not name:
        return f"*{label} (not in this export)*"
    return f"{'!' if name.lower().endswith(PICTURES) else ''}[{label}](<{name}>)"


def make_footnotes(citations: tuple[Citation, ...], number: int) -> Iterator[str]:
    """Write the sources of a message."""
    for citation in citations:
        title = escape(citation.title or citation.url)
        url = re.sub(r"[<>\s]", "", citation.url)
        yield f"[^{number}-{citation.number}]: " + (f"[{title}](<{url}>)" if url else title)


def escape(text: str) -> str:
    """Write a text in one line, without an effect in a link."""
    return re.sub(r"([\[\]\\*_`<>])", r"\\\1", make_line(text))


def make_line(text: str) -> str:
    """Put a text into one line."""
    return " ".join(text.split())
