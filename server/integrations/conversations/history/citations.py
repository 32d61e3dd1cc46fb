"""Citations of a message: the marks of the web interface become Markdown footnotes, [^1], and a list of sources."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.integrations.conversations.history.decode import Metadata, Node, title_of

START, SEPARATOR, END = "\ue200", "\ue202", "\ue201"
MARK = re.compile(f"{START}([^{START}{END}]*+){END}")
BARE_MARK = re.compile(r"(?:file)?cite((?:turn\d++[a-z]++\d++)+)")
REFERENCE = re.compile(r"turn\d+[a-z]+\d+")
OLD_MARK = re.compile("【(\\d*+)[^【】]*?†[^【】]*+】")
LEFT_OVER = re.compile(f"[{START}-\ue206]")
SCHEMES = ("https://", "http://")

Source = tuple[str, str]  # title and address
References = Mapping[str, Source]  # by their name, such as turn0search3


@dataclass
class Footnotes:
    """The sources of one message, numbered in the order of the text."""

    numbers: dict[str, int] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)

    def add(self, sources: Iterable[Source]) -> str:
        """Return the footnotes of sources."""
        marks = []
        for title, url in sources:
            if key := url or title:
                number = self.numbers.setdefault(key, len(self.numbers) + 1)
                if number > len(self.sources):
                    self.sources.append((title, url))
                marks.append(f"[^{number}]")
        return "".join(dict.fromkeys(marks))


def cite(text: str, metadata: Metadata | None, references: References) -> tuple[str, list[Source]]:
    """Resolve the marks of a text. What no source is known for is removed, as the web interface does not show it either."""
    if START not in text and "†" not in text and "citeturn" not in text:
        return text, []
    footnotes = Footnotes()
    own = dict(list_matches(metadata))
    old = dict(list_old(text, metadata))

    def resolve(match: re.Match[str]) -> str:
        name, *fields = match[1].split(SEPARATOR)
        if (matched := own.get(match[0])) is not None:
            alternative, sources = matched
            return footnotes.add(sources) or alternative
        if name == "entity":
            return name_of_entity(fields)
        names = REFERENCE.findall(" ".join(fields))
        return footnotes.add(references[each] for each in names if each in references)

    def resolve_bare(match: re.Match[str]) -> str:
        return footnotes.add(references[each] for each in REFERENCE.findall(match[1]) if each in references)

    def resolve_old(match: re.Match[str]) -> str:
        source = old.get(match[0]) or old.get(match[1])
        return footnotes.add([source]) if source else ""

    text = MARK.sub(resolve, text)
    text = BARE_MARK.sub(resolve_bare, text)
    text = OLD_MARK.sub(resolve_old, text)
    return LEFT_OVER.sub("", text), footnotes.sources


def list_matches(metadata: Metadata | None) -> Iterator[tuple[str, tuple[str, list[Source]]]]:
    """List the marks of which the message says what they mean: with a text in their place, and the sources."""
    for reference in items_of(metadata.content_references if metadata else None):
        matched = reference.get("matched_text")
        if isinstance(matched, str) and matched.startswith(START):
            alternative = reference.get("alt") if reference.get("type") in {"alt_text", "entity"} else ""
            yield matched, (alternative if isinstance(alternative, str) else "", list(sources_of(reference)))


def sources_of(reference: Mapping[str, Any]) -> Iterator[Source]:
    """List the sources of a content reference, of whatever type."""
    nested = [*items_of(reference.get("items")), *items_of(reference.get("sources"))]
    for item in nested or [reference]:
        if source := source_of(item):
            yield source
        yield from (source for website in items_of(item.get("supporting_websites")) if (source := source_of(website)))


def source_of(item: Mapping[str, Any]) -> Source | None:
    """Read title and address of a web page or a file."""
    url = item.get("url")
    url = url if isinstance(url, str) and url.lower().startswith(SCHEMES) else ""
    title = title_of(item.get("title")) or title_of(item.get("name"))
    return (title or url, url) if title or url else None


def list_old(text: str, metadata: Metadata | None) -> Iterator[tuple[str, Source]]:
    """List the sources of marks of 2023 and 2024, 【11†source】, by the mark and by its number."""
    for citation in items_of(metadata.citations if metadata else None):
        about = citation.get("metadata")
        source = source_of(about) if isinstance(about, dict) else None
        if source is None or not isinstance(about, dict):
            continue
        start, end = citation.get("start_ix"), citation.get("end_ix")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end:
            yield text[start:end], source
        extra = about.get("extra")
        if isinstance(extra, dict) and isinstance(index := extra.get("cited_message_idx"), int):
            yield str(index), source


def name_of_entity(fields: list[str]) -> str:
    """Return the name of a person or place that the text mentions: the second item of a list in JSON."""
    try:
        names = json.loads(fields[0])
    except (IndexError, ValueError, RecursionError):
        return ""
    return names[1] if isinstance(names, list) and len(names) > 1 and isinstance(names[1], str) else ""


def collect_references(mapping: Mapping[str, Node | None]) -> dict[str, Source]:
    """Collect what the search results of a conversation are called in its citations."""
    references: dict[str, Source] = {}
    for node in mapping.values():
        metadata = node.message.metadata if node and node.message else None
        if metadata is None:
            continue
        for group in items_of(metadata.search_result_groups):
            add_references(references, items_of(group.get("entries")))
        for reference in items_of(metadata.content_references):
            add_references(references, items_of(reference.get("items")))
    return references


def add_references(references: dict[str, Source], items: Iterable[Mapping[str, Any]]) -> None:
    """Add the items that have a name and a source."""
    for item in items:
        if source := source_of(item):
            for name in (item.get("ref_id"), *items_of(item.get("refs"))):
                if isinstance(name, dict):
                    references[f"turn{name.get('turn_index')}{name.get('ref_type')}{name.get('ref_index')}"] = source


def items_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; nothing if it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
