"""Flat forms of texts, in which terms are looked for: without case and accents, a character for each one of the text.

Letters that are read as two stay in them; `spell_out` writes these as the form of terms has them.
"""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress

from server.storage.text_index import DOUBLE_LETTERS, IGNORED, SINGLE_LETTERS, UNSPACED_RUN
from server.storage.text_query import MARKS

# Characters that are the same in a flat text
PLAIN = re.compile(
    "[\x00-@\\[-\x7f\u00a1-\u00a7\u00a9\u00ab\u00ac\u00ae\u00b0\u00b1\u00b6\u00b7\u00bb\u00bf\u00d7\u00df\u00e6\u00f7\u00fe"
    "\u0138\u014b\u0153\u03b1-\u03c1\u03c3-\u03c9\u0430-\u0450\u0452-\u045f"  # Latin, Greek, Cyrillic
    "\u05d0-\u05ea\u0627\u0628\u062a-\u063f\u0641-\u0648\u064a\u0660-\u066f\u0679-\u06bf"  # Hebrew, Arabic
    "\u0900-\u0928\u092a-\u0930\u0932\u0933\u0935-\u0957\u0960-\u097f\u0e01-\u0e32\u0e34-\u0e5b"  # Hindi, Thai
    "\u2010-\u206f\u20a9-\u20bf\u2190-\u24b5\u24d0-\u27ff\U0001f252-\U0001faff"  # punctuation, symbols
    "\u3001-\u30fa\u4e00-\u9fff\uac00-\ud7a3]*"  # kana, Han, Hangul
)
MOST_REPLACED = 16  # characters of a text, each at all its places in a pass of its own, which is faster where they are few
FILLER = "\x7f"  # stands for what is ignored
DOUBLES = "\xdf\xe6\u0153\xfe"  # letters that are read as two
CHANGED = re.compile(f"[{FILLER}{DOUBLES}]")
MOST_CACHED = 20_000  # characters


class BaseCharacters(dict[int, str]):
    """The character without its case and marks for each one, so that offsets stay the same."""

    def __missing__(self, code: int) -> str:
        """Find out the one of another character."""
        base = find_base(chr(code))
        if len(self) < MOST_CACHED:
            self[code] = base
        return base


BASES = BaseCharacters()


def find_base(character: str) -> str:
    """Find the one character that stands for a character."""
    character = character.lower()[0]  # İ becomes two
    if PLAIN.fullmatch(character):
        return character
    if MARKS.match(character) or IGNORED.match(character):
        return FILLER
    if UNSPACED_RUN.match(character):
        return unicodedata.normalize("NFKC", character)[0]
    base = unicodedata.normalize("NFKD", character).casefold()[:1]
    return SINGLE_LETTERS.get(base, base) or FILLER


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


def spell_out(flat: str) -> str:
    """Convert a flat text into the form of terms: without what is ignored, and with two letters for one that is read so."""
    flat = flat.replace(FILLER, "")
    for letter in DOUBLES:
        flat = flat.replace(letter, DOUBLE_LETTERS[letter])
    return flat


def list_places(flat: str) -> Sequence[int]:
    """List where in a flat text each character is when that is spelled out, and where it ends."""
    if not CHANGED.search(flat):
        return range(len(flat) + 1)
    places: list[int] = []
    end = 0
    for match in CHANGED.finditer(flat):
        start, end = end, match.end()
        places += range(start, match.start())
        places += [match.start()] * (match[0] != FILLER) * 2
    places += range(end, len(flat) + 1)
    return places
