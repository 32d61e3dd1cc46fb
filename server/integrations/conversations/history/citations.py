"""Citations of a message: the marks of the web interface become Markdown footnotes, [^1], and a list of sources."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from server.integrations.conversations.history.decode import Metadata, Node, title_of

START, SEPARATOR, END = "\ue200", "\ue202", "\ue201"
MARK = re.compile(f"{START}([^{START}{END}]*+){END}")
BARE_MARK = re.compile(r"(?:file)?cite((?:turn\d++[a-z]++\d++)+)")
REFERENCE = re.compile(r"turn\d++[a-z]++\d++")
OLD_MARK = re.compile("【(\\d*+)[^【】†]*+†[^【】]*+】")
LEFT_OVER = re.compile(f"[{START}-\ue206]")
SCHEMES = ("https://", "http://")

Source = tuple[str, str]  # title and address
SOURCE_SIZE = 40  # characters of a source in the JSON of a message, besides its title and address


class TooMuch(Exception):
    """Resolved marks would make a conversation far larger than it is."""


class References(dict[str, Source]):
    """The sources of a conversation by their name, such as turn0search3.

    `left`: characters that resolved marks may still add. Each mark may name all sources, and each message all marks.
    """

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def spend(self, size: int) -> None:
        """Count what a mark adds. Raises TooMuch."""
        self.left -= max(0, size)
        if self.left < 0:
            raise TooMuch


@dataclass
class Footnotes:
    """The sources of one message, numbered in the order of the text."""

    references: References
    numbers: dict[str, int] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)

    def add(self, sources: Iterable[Source]) -> str:
        """Return the footnotes of sources. Raises TooMuch."""
        marks = []
        for title, url in sources:
            if key := url or title:
                number = self.numbers.setdefault(key, len(self.numbers) + 1)
                if number > len(self.sources):
                    self.references.spend(SOURCE_SIZE + len(title) + len(url))
                    self.sources.append((title, url))
                marks.append(f"[^{number}]")
        return "".join(dict.fromkeys(marks))


def cite(text: str, metadata: Metadata | None, references: References) -> tuple[str, list[Source]]:
    """Resolve the marks of a text. What no source is known for is removed, as the web interface does not show it either.

    The text stays as it is if what its marks stand for would be too much.
    """
    if START not in text and "†" not in text and "citeturn" not in text:
        return text, []
    marks = Marks(text, metadata, references)
    resolved = text
    try:
        for pattern, resolve in ((MARK, marks.resolve), (BARE_MARK, marks.resolve_bare), (OLD_MARK, marks.resolve_old)):
            resolved = pattern.sub(partial(marks.replace, resolve), resolved)
    except TooMuch:
        return text, []
    return LEFT_OVER.sub("", resolved), marks.footnotes.sources


class Marks:
    """The marks of one text, each resolved once, however often it occurs."""

    def __init__(self, text: str, metadata: Metadata | None, references: References) -> None:
        self.footnotes = Footnotes(references)
        self._own = dict(list_matches(metadata))
        self._old = dict(list_old(text, metadata))
        self._resolved: dict[str, str] = {}

    def replace(self, resolve: Callable[[re.Match[str]], str], match: re.Match[str]) -> str:
        """Return what takes the place of a mark. Raises TooMuch."""
        mark = match[0]
        if mark not in self._resolved:
            self._resolved[mark] = resolve(match)
        self.footnotes.references.spend(len(self._resolved[mark]) - len(mark))
        return self._resolved[mark]

    def resolve(self, match: re.Match[str]) -> str:
        """Resolve a mark of today."""
        name, *fields = match[1].split(SEPARATOR)
        if (matched := self._own.get(match[0])) is not None:
            alternative, sources = matched
            return self.footnotes.add(sources) or alternative
        if name == "entity":
            return name_of_entity(fields)
        return self._cite_names(" ".join(fields))

    def resolve_bare(self, match: re.Match[str]) -> str:
        """Resolve a mark that has lost its private characters."""
        return self._cite_names(match[1])

    def resolve_old(self, match: re.Match[str]) -> str:
        """Resolve a mark of 2023 and 2024."""
        source = self._old.get(match[0]) or self._old.get(match[1])
        return self.footnotes.add([source]) if source else ""

    def _cite_names(self, names: str) -> str:
        references = self.footnotes.references
        return self.footnotes.add(references[name] for name in REFERENCE.findall(names) if name in references)


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
    marks = {match.span(): match[0] for match in OLD_MARK.finditer(text)}
    for citation in items_of(metadata.citations if metadata else None):
        about = citation.get("metadata")
        source = source_of(about) if isinstance(about, dict) else None
        if source is None or not isinstance(about, dict):
            continue
        start, end = citation.get("start_ix"), citation.get("end_ix")
        if isinstance(start, int) and isinstance(end, int) and (mark := marks.get((start, min(end, len(text))))):
            yield mark, source
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


def collect_references(mapping: Mapping[str, Node | None], left: int) -> References:
    """Collect what the search results of a conversation are called in its citations. `left`: see References."""
    references = References(left)
    for node in mapping.values():
        metadata = node.message.metadata if node and node.message else None
        if metadata is None:
            continue
        for group in items_of(metadata.search_result_groups):
            add_references(references, items_of(group.get("entries")))
        for reference in items_of(metadata.content_references):
            add_references(references, items_of(reference.get("items")))
    return references


def add_references(references: References, items: Iterable[Mapping[str, Any]]) -> None:
    """Add the items that have a name and a source."""
    for item in items:
        if source := source_of(item):
            for name in (item.get("ref_id"), *items_of(item.get("refs"))):
                if isinstance(name, dict):
                    references[f"turn{name.get('turn_index')}{name.get('ref_type')}{name.get('ref_index')}"] = source


def items_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; nothing if it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
