"""Full-text indexes: FTS5 tables, and the form in which text is put into them.

Scripts that put no spaces between words are written as overlapping pairs of characters, so that any part of a word is
found; their single characters are a column of their own. `tags` narrow a search without reading the rows.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import add
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # who only makes rows needs none of it
    from sqlalchemy import Connection

# Marks are part of words, or a vowel sign of Hindi or Thai would end one.
TOKENIZER = "unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc''"
OPTIONS = f"tokenize='{TOKENIZER}'"  # an index of prefixes takes as much room and time as that of words
# More is held in memory before it is written, and merged later: imports take a fifth less time.
SETTINGS = {"automerge": 8, "hashsize": 8 << 20}
MERGING = {"automerge": 8, "crisismerge": 16}
DEFERRED = {"automerge": 0, "crisismerge": 256}  # parts, each of which costs a search some microseconds
MERGED_AT_ONCE = 500  # pages of 4 KB, in about a twentieth of a second
CHANGES = "SELECT total_changes()"
# Thai, Lao, Tibetan, Myanmar, Khmer, Hangul, kana, bopomofo, Han
UNSPACED = (
    "\u0e00-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1100-\u11ff\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u3099-\u309a\u309d-\u30ff"
    "\u3105-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\U00020000-\U0003ffff"
)
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
# Letters for which others are written, and which the tokenizer leaves: those of living languages among what Lucene's
# ASCIIFoldingFilter and ArabicNormalizer replace, and ё and ٱ.
SINGLE_LETTERS = {
    **dict.fromkeys("ёЁ", "\u0435"),
    **dict.fromkeys("łŁ", "l"),
    **dict.fromkeys("øØǿ", "o"),
    **dict.fromkeys("đĐðÐ", "d"),
    **dict.fromkeys("ħĦ", "h"),
    **dict.fromkeys("ŧŦ", "t"),
    "\u0131": "i",
    **dict.fromkeys("أإآٱ", "\u0627"),
    "ى": "ي",
    "ة": "\u0647",
}
DOUBLE_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "ae", "ǽ": "ae", "ǣ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"}
LETTERS = SINGLE_LETTERS | DOUBLE_LETTERS
# Latin, Cyrillic, punctuation and emoji without these letters, and without others for letters and digits, such as ² and ①: the
# tokenizer folds them.
NEEDS_NO_FOLDING = re.compile(
    "[\x00-\xa9\xab\xac\xae-\xb1\xb4\xb6-\xb8\xbb\xbf-\xc5\xc7-\xcf\xd1-\xd7\xd9-\xdd\xe0-\xe5\xe7-\xef\xf1-\xf7\xf9-\xfd"
    "\xff-\u010f\u0112-\u0125\u0128-\u0130\u0134-\u013e\u0143-\u0148\u014a-\u0151\u0154-\u0165\u0168-\u017e\u0400\u0402-\u0450\u0452-\u045f"
    "\u2010-\u2027\u2030-\u205e\u20ac\u2190-\u245f\u24eb-\u2bff\U0001f300-\U0001faff]*"
)
# soft hyphen, Hebrew points, Arabic vowel signs and tatweel, joiners, variants of emoji
IGNORED = re.compile(
    "[\u00ad\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u200d\u2060\ufe00-\ufe0f\ufeff]+"
)
# All marks that combine are such characters; many in a row, in another order than theirs, take normalizing quadratic time.
COMBINING = r"(?:[^\w\x00-\x7f]|[\uff9e\uff9f])"
STEP = 8  # every so many characters are looked at first, in an eighth of the time
LONG_SAMPLE, LONG_RUN = re.compile(COMBINING + "{8}"), re.compile(COMBINING + "{64,}+")
GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
# accents that are left out in capitals, and that the tokenizer leaves
GREEK_BASES = {code: unicodedata.normalize("NFD", chr(code))[0] for code in (*range(0x386, 0x3CF), *range(0x1F00, 0x1FFF))}

IndexRow = tuple[int, str, str, str]  # key, words, single characters, tags


class IndexEntry(NamedTuple):
    """A text of a row, and the words that narrow a search."""

    key: int
    text: str
    tags: str = ""


@dataclass(frozen=True)
class TextIndex:
    """A full-text index, by the name of its table. Its rows are those of another table, by their rowid.

    `holds_text`: it has a copy of the texts, so that they need not be given again to be removed.
    """

    name: str
    holds_text: bool = False

    @property
    def ddl(self) -> tuple[str, ...]:
        """The statements that create it."""
        settings = [f"INSERT INTO {self.name}({self.name}, rank) VALUES ('{name}', {value})" for name, value in SETTINGS.items()]  # noqa: S608
        content = "" if self.holds_text else "content='', "
        return (f"CREATE VIRTUAL TABLE {self.name} USING fts5(words, singles, tags, {content}{OPTIONS})", *settings)

    def insert(self, connection: "Connection", entries: Iterable[IndexEntry]) -> None:
        """Index texts. Sorted by their keys they take a fraction of the time: FTS5 writes out all it holds at a smaller one."""
        self.insert_rows(connection, [row_of(entry) for entry in entries])

    def insert_rows(self, connection: "Connection", rows: list[IndexRow]) -> None:
        """Index texts that `to_indexed` has converted."""
        if rows:
            connection.exec_driver_sql(f"INSERT INTO {self.name}(rowid, words, singles, tags) VALUES (?, ?, ?, ?)", rows)  # noqa: S608

    def delete(self, connection: "Connection", entries: Iterable[IndexEntry]) -> None:
        """Remove texts, given exactly as they were inserted: anything else damages the index."""
        rows = [row_of(entry) for entry in entries]
        if rows:
            statement = f"INSERT INTO {self.name}({self.name}, rowid, words, singles, tags) VALUES ('delete', ?, ?, ?, ?)"  # noqa: S608
            connection.exec_driver_sql(statement, rows)

    def clear(self, connection: "Connection") -> None:
        """Remove all texts of an index that holds none, whatever they were inserted as."""
        connection.exec_driver_sql(f"INSERT INTO {self.name}({self.name}) VALUES ('delete-all')")  # noqa: S608

    def defer_merging(self, connection: "Connection", *, deferred: bool) -> None:
        """Leave apart what each transaction inserts, for a third of its time less, or merge it as ever."""
        for setting, value in (DEFERRED if deferred else MERGING).items():
            connection.exec_driver_sql(f"INSERT INTO {self.name}({self.name}, rank) VALUES (?, ?)", (setting, value))  # noqa: S608

    def merge(self, connection: "Connection") -> bool:
        """Merge some of what lies apart. Return whether there was any."""
        before = connection.exec_driver_sql(CHANGES).scalar_one()
        connection.exec_driver_sql(f"INSERT INTO {self.name}({self.name}, rank) VALUES ('merge', {MERGED_AT_ONCE})")  # noqa: S608
        return int(connection.exec_driver_sql(CHANGES).scalar_one()) - int(before) > 1  # the command itself counts as one


def row_of(entry: IndexEntry) -> IndexRow:
    """Make the row of an entry."""
    words, singles = to_indexed(entry.text)
    return entry.key, words, singles, entry.tags


def to_indexed(text: str) -> tuple[str, str]:
    """Convert a text into words, with pairs of characters in place of words without spaces, and single characters."""
    if is_folded(text):
        return text, ""
    replaced = replace_letters(text)
    if is_folded(replaced):  # in a fifth of the time
        return replaced, ""
    text = fold(text)
    runs = UNSPACED_RUN.findall(text)
    return (UNSPACED_RUN.sub(write_pairs, text), " ".join(sorted(set().union(*runs)))) if runs else (text, "")


def write_pairs(run: re.Match[str]) -> str:
    """Write a run of characters as overlapping pairs; one alone stays."""
    text = run[0]
    return f" {' '.join(map(add, text, text[1:]))} " if len(text) > 1 else f" {text} "


def is_folded(text: str) -> bool:
    """Return whether the tokenizer does all that a text needs."""
    return text.isascii() or NEEDS_NO_FOLDING.fullmatch(text) is not None


def order_marks(run: re.Match[str]) -> str:
    """Put the marks of each character into the order that normalizing gives them, as it would with an insertion sort."""
    characters = (part for character in run[0] for part in unicodedata.normalize("NFKD", character))
    groups = groupby(characters, key=lambda character: unicodedata.combining(character) > 0)
    return "".join("".join(sorted(group, key=unicodedata.combining) if combine else group) for combine, group in groups)


def fold(text: str) -> str:
    """Make equal what readers take for the same: width, composed forms, vowel signs that are left out at will, some letters."""
    text = IGNORED.sub("", text)
    text = LONG_RUN.sub(order_marks, text) if LONG_SAMPLE.search(text[::STEP]) else text
    folded = replace_letters(unicodedata.normalize("NFKC", text).casefold())
    return folded.translate(GREEK_BASES) if GREEK.search(folded) else folded


def replace_letters(text: str) -> str:
    """Write letters as the others that are written for them. (`str.translate` takes twenty times as long.)"""
    for letter, other in LETTERS.items():
        if letter in text:  # in half of the time
            text = text.replace(letter, other)
    return text
