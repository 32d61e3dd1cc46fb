"""The language of search queries: words, "phrases", beginnings*, -exclusions and name:value operators.

Every text is a query. What looks like an operator and is none is searched as words.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from operator import add

from server.storage.text_index import UNSPACED_RUN, fold, is_folded

MOST_TERMS = 24
LONGEST_TERM = 200
QUOTES = str.maketrans("“”„‟«»「」『』", '"' * 10)
SPELLED = "\u0900-\u0dff"  # scripts whose vowel signs are no \\w
GAP = rf"(?:(?![{SPELLED}])[\W_])"  # a character between words
GAPS = re.compile(f"{GAP}+")
MARKS = re.compile("[\u0300-\u036f]+")
# an exclusion, an operator, a phrase up to its quote or the end, or what stands up to a space
TERM = re.compile(
    r'(?P<minus>(?<!\S)-(?!-))?(?:(?P<name>[A-Za-z]+):(?=\S))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))(?P<star>\*)?'
)


@dataclass(frozen=True)
class Term:
    """A word or phrase. `prefix`: its last word may go on. `title`: it is in the title. `name`: of the operator it is for."""

    text: str
    prefix: bool = False
    excluded: bool = False
    title: bool = False
    name: str = ""

    @property
    def folded(self) -> str:
        """The text as the index has it."""
        return self.text.casefold() if is_folded(self.text) else fold(self.text)


@dataclass(frozen=True)
class TextQuery:
    """A query. `operators`: each is a Term with a name."""

    terms: tuple[Term, ...] = ()
    operators: tuple[Term, ...] = ()


def parse(text: str, names: Collection[str] = ()) -> TextQuery:
    """Parse a query. `names`: its operators; `title:` becomes a term of the title."""
    terms, operators = [], []
    text = text.encode("utf-8", "replace").decode()  # half a character, as of a broken argument, cannot be stored
    for match in TERM.finditer(text.translate(QUOTES).replace("\0", " ")):
        term = make_term(match, names)
        if term.name:
            operators.append(term)
        elif is_searchable(term.text):
            terms.append(term)
    return TextQuery(tuple(terms[:MOST_TERMS]), tuple(operators[:MOST_TERMS]))


def make_term(match: re.Match[str], names: Collection[str]) -> Term:
    """Make the term of a match."""
    name = (match["name"] or "").lower()
    text = match["phrase"] if match["phrase"] is not None else match["word"]
    text, prefix = text.rstrip("*"), bool(match["star"]) or text.endswith("*")
    if name and name not in {*names, "title"}:
        text, name = f"{match['name']}:{text}", ""
    is_title = name == "title"
    return Term(text[:LONGEST_TERM], prefix, bool(match["minus"]), is_title, "" if is_title else name)


def is_searchable(text: str) -> bool:
    """Return whether a text has a letter, a digit or another character of a word."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)


def express(term: Term) -> str:
    """Write a term in the query language of FTS5; its operators and quotes cannot occur in what is quoted."""
    phrases, singles = split_term(term)
    written = [f'{{words}}:"{phrase}"' for phrase in phrases]
    if written and term.prefix and not UNSPACED_RUN.fullmatch(phrases[-1].strip()[-1:]):
        written[-1] += " *"
    return " AND ".join([*written, *(f'{{singles}}:"{single}"' for single in singles)])


def split_term(term: Term) -> tuple[list[str], list[str]]:
    """Split a term into the phrases and single characters that the index has of it.

    A single character of a script without spaces may be a part of pairs in a text, so that what follows stands somewhere.
    """
    phrases, singles = [""], []
    for part in split_scripts(term.folded.replace('"', " ")):
        if not UNSPACED_RUN.fullmatch(part):
            phrases[-1] += part
        elif len(part) == 1:
            singles.append(part)
            phrases.append("")
        else:
            phrases[-1] += f" {' '.join(map(add, part, part[1:]))} "
    return [phrase for phrase in phrases if is_searchable(phrase)], singles


def list_words(term: Term) -> list[str]:
    """List the words and single characters of a term, each as a query of FTS5; the last one may be a beginning."""
    phrases, singles = split_term(term)
    words = [f'{{words}}:"{word}"' for phrase in phrases for word in GAPS.split(phrase) if is_searchable(word)]
    if words and term.prefix:
        words.pop()
    return [*words, *(f'{{singles}}:"{single}"' for single in singles)]


def last_word(term: Term) -> str:
    """Return the last word of a term as the index has it, without accents."""
    words = GAPS.split(term.folded)
    return MARKS.sub("", unicodedata.normalize("NFD", words[-1] or term.folded))


def split_scripts(text: str) -> list[str]:
    """Split a text into runs with and without spaces between words."""
    parts, place = [], 0
    for run in UNSPACED_RUN.finditer(text):
        parts += [text[place : run.start()], run[0]]
        place = run.end()
    return [part for part in (*parts, text[place:]) if part]
