"""Matches of a query in a text as it is stored: where they are, how well they fit, and the part to show."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from server.storage.flat_text import flatten, list_places, spell_out
from server.storage.text_index import UNSPACED_RUN
from server.storage.text_query import GAP, GAPS, Term, split_scripts

LONGEST_SCORED = 4_000  # characters of a text
MOST_SPANS = 200
BEFORE, WIDTH = 60, 240  # characters of a snippet before the first match, and altogether
USUAL_LENGTH, SATURATION, NEARNESS = 1_000, 1.2, 0.6
SPACE = re.compile(r"\s+")


class Piece(NamedTuple):
    """A part of a snippet."""

    text: str
    match: bool


@dataclass(frozen=True)
class TermPattern:
    """A term as it is looked for in flat texts: characters or a pattern, which takes a tenth of a millisecond to compile.

    `starts`, `ends`: a word does, so that it is not a part of one.
    """

    pattern: re.Pattern[str] | str
    starts: bool
    ends: bool
    prefix: bool

    def find(self, flat: str) -> Iterator[tuple[int, int]]:
        """Find the matches. (In the pattern itself, the characters of words would take milliseconds to compile.)"""
        pattern = self.pattern
        spans = find_characters(pattern, flat) if isinstance(pattern, str) else (match.span() for match in pattern.finditer(flat))
        for span in spans:
            start, end = span
            if self.starts and start and is_of_word(flat[start - 1]):
                continue
            if self.ends and not self.prefix and is_of_word(flat[end : end + 1]):
                continue
            while self.prefix and is_of_word(flat[end : end + 1]):
                end += 1
            yield start, end

    def list_starts(self, flat: str) -> list[int]:
        """List where the first matches begin."""
        return [start for start, _ in islice(self.find(flat), MOST_SPANS)]


def find_characters(wanted: str, flat: str) -> Iterator[tuple[int, int]]:
    """Find where characters are."""
    start, length = flat.find(wanted), len(wanted)
    while start >= 0:
        yield start, start + length
        start = flat.find(wanted, start + length)


def is_of_word(character: str) -> bool:
    """Return whether a character is one of a word in a script with spaces."""
    if character.isalnum():
        return not UNSPACED_RUN.match(character)
    return "\u0900" <= character <= "\u0dff"


def compile_term(term: Term) -> TermPattern:
    """Compile the pattern of a term."""
    text = spell_out(flatten(term.folded))
    parts = split_scripts(text)
    is_plain = text and not GAPS.search(text) and not UNSPACED_RUN.search(text)
    pattern = text if is_plain else re.compile(write_pattern(parts) or re.escape(term.text))
    starts, ends = (not (parts and UNSPACED_RUN.match(parts[place])) for place in (0, -1))
    return TermPattern(pattern, starts, ends, term.prefix and ends)


def write_pattern(parts: Iterable[str]) -> str:
    """Write the pattern of runs with and without spaces between words."""
    written = []
    for part in parts:
        if UNSPACED_RUN.fullmatch(part):
            written.append(r"\s*".join(map(re.escape, part)))
        else:
            words = [re.escape(word) for word in GAPS.split(part) if word]
            written += [f"{GAP}+".join(words)] if words else []
    return f"{GAP}*".join(written)


class Matcher:
    """The terms of a query, to be looked for in stored texts."""

    def __init__(self, terms: Iterable[Term]) -> None:
        terms = list(terms)
        self.patterns = [compile_term(term) for term in terms if not term.excluded]
        self.excluded = [compile_term(term) for term in terms if term.excluded]

    def fits(self, text: str) -> bool:
        """Return whether a text has all terms, and none of the excluded ones."""
        flat = spell_out(flatten(text)) if self.patterns or self.excluded else ""
        if any(any(pattern.find(flat)) for pattern in self.excluded):
            return False
        return all(any(pattern.find(flat)) for pattern in self.patterns)

    def score(self, text: str) -> float:
        """Rate how well a text fits: how often it has each term for its length, and whether they stand together."""
        flat = spell_out(flatten(text[:LONGEST_SCORED]))
        starts = [pattern.list_starts(flat) for pattern in self.patterns]
        slowness = SATURATION * (0.25 + 0.75 * len(flat) / USUAL_LENGTH)
        total = sum(len(places) / (len(places) + slowness) for places in starts)
        firsts = [places[0] for places in starts if places]
        if 1 < len(firsts) == len(starts):
            total += NEARNESS * len(firsts) / (1 + (max(firsts) - min(firsts)) / BEFORE)
        return total / max(1, len(starts))

    def find_spans(self, text: str) -> list[tuple[int, int]]:
        """Find the matches in a text, in their order and without overlaps."""
        flat = flatten(text)
        spelled, places = spell_out(flat), list_places(flat)
        hits = sorted(
            (places[start], places[end]) for pattern in self.patterns for start, end in islice(pattern.find(spelled), MOST_SPANS)
        )
        spans: list[tuple[int, int]] = []
        for start, end in hits:
            if not spans or start >= spans[-1][1]:
                spans.append((start, end))
        return spans

    def cut(self, text: str, width: int = WIDTH) -> list[Piece]:
        """Cut the part of a text with most matches out of it, as pieces that match or not."""
        spans = self.find_spans(text)
        first = find_densest(spans, width - BEFORE)
        start = move_to_space(text, max(0, first - BEFORE), first)
        end = min(len(text), start + width)
        pieces, place = [("…" if start else "", False)], start
        for span_start, span_end in spans:
            if start <= span_start < end:
                pieces += [(text[place:span_start], False), (text[span_start:span_end], True)]
                place = span_end
        pieces += [(text[place : max(place, end)], False), ("…" if max(place, end) < len(text) else "", False)]
        return join(pieces)


def find_densest(spans: Sequence[tuple[int, int]], width: int) -> int:
    """Find the start of the match from which on most matches begin within a width; 0 without matches."""
    starts = [start for start, _ in spans]
    return max(starts, key=lambda first: bisect_left(starts, first + width) - bisect_left(starts, first), default=0)


def move_to_space(text: str, start: int, before: int) -> int:
    """Move a start behind the next space, so that no word is cut."""
    space = SPACE.search(text, start, before) if start else None
    return space.end() if space else start


def join(pieces: list[tuple[str, bool]]) -> list[Piece]:
    """Join the pieces that are alike; runs of spaces and line breaks become a space."""
    joined: list[Piece] = []
    for text, match in pieces:
        if text and joined and joined[-1].match == match:
            joined[-1] = Piece(joined[-1].text + unite_spaces(text), match)
        elif text:
            joined.append(Piece(unite_spaces(text), match))
    return joined


def unite_spaces(text: str) -> str:
    """Make a space of each run of spaces and line breaks. (A pattern takes three times as long.)"""
    if text.isprintable() and "  " not in text:
        return text
    words = " ".join(text.split())
    return f"{' ' * text[:1].isspace()}{words}{' ' * text[-1:].isspace()}" if words else " "
