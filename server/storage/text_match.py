"""Matches of a query in a text as it is stored: where they are, how well they fit, and the part to show."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.storage.text_index import IGNORED, UNSPACED, UNSPACED_RUN
from server.storage.text_query import GAP, MARKS, SPELLED, Term, split_scripts

EDGE = rf"[^\W_{UNSPACED}]|[{SPELLED}]"  # a character of a word
START = rf"(?<![^\W_{UNSPACED}])(?<![{SPELLED}])"
OTHERS = re.compile("[^\x00-\x7f\u0430-\u045f\u2010-\u206f\u2190-\u27ff\u3001-\u30fa\u4e00-\u9fff\uac00-\ud7a3]+")  # need a look
FILLER = "\x7f"  # stands for what is ignored
MOST_CACHED = 20_000  # characters
LONGEST_SCORED = 4_000  # characters of a text
MOST_SPANS = 200
BEFORE, WIDTH = 60, 240  # characters of a snippet before the first match, and altogether
USUAL_LENGTH, SATURATION, NEARNESS = 1_000, 1.2, 0.6
SPACE = re.compile(r"\s+")


class BaseCharacters(dict[int, str]):
    """The character without its case and marks for each one, so that offsets stay the same."""

    def __missing__(self, code: int) -> str:
        """Find out the one of another character."""
        base = find_base(chr(code))
        if len(self) < MOST_CACHED:
            self[code] = base
        return base


BASES = BaseCharacters()


@dataclass(frozen=True)
class Piece:
    """A part of a snippet."""

    text: str
    match: bool


def find_base(character: str) -> str:
    """Find the one character that stands for a character."""
    if MARKS.match(character) or IGNORED.match(character):
        return FILLER
    if UNSPACED_RUN.match(character):
        return unicodedata.normalize("NFKC", character)[0]
    return unicodedata.normalize("NFKD", character).casefold()[:1] or FILLER


def flatten(text: str) -> str:
    """Convert a text into one of the same length without case and accents."""
    if text.isascii():
        return text.lower()
    return OTHERS.sub(replace_others, text.replace("\u0130", "i").lower())


def replace_others(others: re.Match[str]) -> str:
    """Replace characters that may have accents."""
    return others[0].translate(BASES)


def compile_term(term: Term) -> re.Pattern[str]:
    """Compile the pattern of a term for flat texts."""
    written = []
    for part in split_scripts(flatten(term.folded).replace(FILLER, "")):
        if UNSPACED_RUN.fullmatch(part):
            written.append(r"\s*".join(map(re.escape, part)))
        else:
            words = [
                re.escape(word).replace("ss", "ss?") for word in re.split(f"{GAP}+", part) if word
            ]  # ß is one s in a flat text
            written += [f"{GAP}+".join(words)] if words else []
    pattern = f"{GAP}*".join(written) or re.escape(term.text)
    if not UNSPACED_RUN.match(pattern):
        pattern = START + pattern
    if not UNSPACED_RUN.fullmatch(pattern[-1]):
        pattern += f"(?:{EDGE})*" if term.prefix else f"(?!{EDGE})"
    return re.compile(pattern)


class Matcher:
    """The terms of a query, to be looked for in stored texts."""

    def __init__(self, terms: Iterable[Term]) -> None:
        terms = list(terms)
        self.patterns = [compile_term(term) for term in terms if not term.excluded]
        self.excluded = [compile_term(term) for term in terms if term.excluded]

    def fits(self, text: str) -> bool:
        """Return whether a text has all terms, and none of the excluded ones."""
        flat = flatten(text).replace(FILLER, "")
        return all(pattern.search(flat) for pattern in self.patterns) and not any(
            pattern.search(flat) for pattern in self.excluded
        )

    def score(self, text: str) -> float:
        """Rate how well a text fits: how often it has each term for its length, and whether they stand together."""
        flat = flatten(text[:LONGEST_SCORED]).replace(FILLER, "")
        firsts, total = [], 0.0
        slowness = SATURATION * (0.25 + 0.75 * len(flat) / USUAL_LENGTH)
        for pattern in self.patterns:
            places = [match.start() for match in pattern.finditer(flat)]
            total += len(places) / (len(places) + slowness)
            firsts += places[:1]
        if len(firsts) > 1 and len(firsts) == len(self.patterns):
            total += NEARNESS * len(firsts) / (1 + (max(firsts) - min(firsts)) / BEFORE)
        return total / max(1, len(self.patterns))

    def find_spans(self, text: str) -> list[tuple[int, int]]:
        """Find the matches in a text, in their order and without overlaps."""
        flat = flatten(text)
        places: Sequence[int] = range(len(flat) + 1)
        if FILLER in flat:
            places = [place for place, character in enumerate(flat) if character != FILLER]
            places.append(len(flat))
            flat = flat.replace(FILLER, "")
        found = sorted(
            (places[match.start()], places[match.end()])
            for pattern in self.patterns
            for match, _ in zip(pattern.finditer(flat), range(MOST_SPANS), strict=False)
        )
        spans: list[tuple[int, int]] = []
        for start, end in found:
            if not spans or start >= spans[-1][1]:
                spans.append((start, end))
        return spans

    def cut(self, text: str, width: int = WIDTH) -> list[Piece]:
        """Cut the part of a text with most matches out of it, as pieces that match or not."""
        spans = self.find_spans(text)
        first = max(
            spans, key=lambda span: sum(span[0] <= start < span[0] + width - BEFORE for start, _ in spans), default=(0, 0)
        )[0]
        start = move_to_space(text, max(0, first - BEFORE), first)
        end = min(len(text), start + width)
        pieces, place = [("…" if start else "", False)], start
        for span_start, span_end in spans:
            if start <= span_start < end:
                pieces += [(text[place:span_start], False), (text[span_start:span_end], True)]
                place = span_end
        pieces += [(text[place : max(place, end)], False), ("…" if max(place, end) < len(text) else "", False)]
        return join(pieces)


def move_to_space(text: str, start: int, before: int) -> int:
    """Move a start behind the next space, so that no word is cut."""
    space = SPACE.search(text, start, before) if start else None
    return space.end() if space else start


def join(pieces: list[tuple[str, bool]]) -> list[Piece]:
    """Join the pieces that are alike; runs of spaces and line breaks become a space."""
    joined: list[Piece] = []
    for text, match in pieces:
        shown = SPACE.sub(" ", text)
        if joined and joined[-1].match == match:
            joined[-1] = Piece(joined[-1].text + shown, match)
        elif shown:
            joined.append(Piece(shown, match))
    return joined
