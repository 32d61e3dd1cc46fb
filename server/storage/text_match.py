"""Matches of a query in a text as it is stored: where they are, how well they fit, and the part to show."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from server.storage.text_index import IGNORED, UNSPACED_RUN
from server.storage.text_query import GAP, GAPS, MARKS, Term, split_scripts

# Characters that are the same in a flat text
PLAIN = re.compile(
    "[\x00-@\\[-\x7f\u00a1-\u00a7\u00a9\u00ab\u00ac\u00ae\u00b0\u00b1\u00b6\u00b7\u00bb\u00bf\u00d7\u00e6\u00f0\u00f7\u00f8\u00fe"
    "\u0111\u0127\u0131\u0138\u0142\u014b\u0153\u0167\u03b1-\u03c1\u03c3-\u03c9\u0430-\u045f"  # Latin, Greek, Cyrillic
    "\u05d0-\u05ea\u0627-\u063f\u0641-\u064a\u0660-\u066f\u0679-\u06bf"  # Hebrew, Arabic
    "\u0900-\u0928\u092a-\u0930\u0932\u0933\u0935-\u0957\u0960-\u097f\u0e01-\u0e32\u0e34-\u0e5b"  # Hindi, Thai
    "\u2010-\u206f\u20a9-\u20bf\u2190-\u24b5\u24d0-\u27ff\U0001f252-\U0001faff"  # punctuation, symbols
    "\u3001-\u30fa\u4e00-\u9fff\uac00-\ud7a3]*"  # kana, Han, Hangul
)
MOST_REPLACED = 16  # characters of a text, each at all its places in a pass of its own, which is faster where they are few
FILLER = "\x7f"  # stands for what is ignored
MOST_CACHED = 20_000  # characters
LONGEST_SCORED = 4_000  # characters of a text
MOST_SPANS = 200
BEFORE, WIDTH = 60, 240  # characters of a snippet before the first match, and altogether
USUAL_LENGTH, SATURATION, NEARNESS = 1_000, 1.2, 0.6
SPACE = re.compile(r"\s+")
DOUBLE_S = re.compile("ss+")


class BaseCharacters(dict[int, str]):
    """The character without its case and marks for each one, so that offsets stay the same."""

    def __missing__(self, code: int) -> str:
        """Find out the one of another character."""
        base = find_base(chr(code))
        if len(self) < MOST_CACHED:
            self[code] = base
        return base


BASES = BaseCharacters()


class Piece(NamedTuple):
    """A part of a snippet."""

    text: str
    match: bool


def find_base(character: str) -> str:
    """Find the one character that stands for a character."""
    character = character.lower()[0]  # İ becomes two
    if PLAIN.fullmatch(character):
        return character
    if MARKS.match(character) or IGNORED.match(character):
        return FILLER
    if UNSPACED_RUN.match(character):
        return unicodedata.normalize("NFKC", character)[0]
    return unicodedata.normalize("NFKD", character).casefold()[:1] or FILLER


MICRO = "\xb5"  # the only one of Latin-1 that stands for one outside of it
LATIN = "".join(find_base(chr(code)) for code in range(256)).encode("latin-1", "replace")


def flatten(text: str) -> str:
    """Convert a text into one of the same length without case and accents."""
    if text.isascii():
        return text.lower()
    if MICRO not in text:
        with suppress(UnicodeEncodeError):
            return text.encode("latin-1").translate(LATIN).decode("latin-1")  # a tenth of the time
    if skip_plain(text, 0) == len(text):
        return text
    flat, place = text.replace("İ", "i").lower(), 0  # it alone becomes two
    for _ in range(MOST_REPLACED):
        place = skip_plain(flat, place)
        if place == len(flat):
            return flat
        flat = flat.replace(flat[place], BASES[ord(flat[place])])
        place += 1
    return flat.translate(BASES)


def skip_plain(text: str, start: int) -> int:
    """Find the first character that is not plain. (A search for one of the others takes twice as long.)"""
    plain = PLAIN.match(text, start)
    return plain.end() if plain else start


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
    text = flatten(term.folded).replace(FILLER, "")
    parts = split_scripts(text)
    is_plain = text and "ss" not in text and not GAPS.search(text) and not UNSPACED_RUN.search(text)
    pattern = text if is_plain else re.compile(write_pattern(parts) or re.escape(term.text))
    starts, ends = (not (parts and UNSPACED_RUN.match(parts[place])) for place in (0, -1))
    return TermPattern(pattern, starts, ends, term.prefix and ends)


def write_s(run: re.Match[str]) -> str:
    """Write several s, of which each two may be one in a flat text, where ß is. (As `ss?` each, time would be exponential.)"""
    length = len(run[0])
    return f"s{{{(length + 1) // 2},{length}}}"


def write_pattern(parts: Iterable[str]) -> str:
    """Write the pattern of runs with and without spaces between words."""
    written = []
    for part in parts:
        if UNSPACED_RUN.fullmatch(part):
            written.append(r"\s*".join(map(re.escape, part)))
        else:
            words = [DOUBLE_S.sub(write_s, re.escape(word)) for word in GAPS.split(part) if word]
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
        flat = flatten(text).replace(FILLER, "")
        if any(any(pattern.find(flat)) for pattern in self.excluded):
            return False
        return all(any(pattern.find(flat)) for pattern in self.patterns)

    def score(self, text: str) -> float:
        """Rate how well a text fits: how often it has each term for its length, and whether they stand together."""
        flat = flatten(text[:LONGEST_SCORED]).replace(FILLER, "")
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
        places: Sequence[int] = range(len(flat) + 1)
        if FILLER in flat:
            places = [place for place, character in enumerate(flat) if character != FILLER]
            places.append(len(flat))
            flat = flat.replace(FILLER, "")
        hits = sorted(
            (places[start], places[end]) for pattern in self.patterns for start, end in islice(pattern.find(flat), MOST_SPANS)
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
