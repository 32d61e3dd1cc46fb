"""Limits of HTML that are known before it is parsed.

A conforming parser takes time that grows with the square of some numbers: of elements in each other, of attributes of one tag.
See docs/decisions/0015-html-is-parsed-as-browsers-do.md.
"""

import re
from bisect import bisect_left

LARGEST_HTML = 500_000  # characters, without the contents of embedded files
MOST_TAGS = 20_000  # each in the other, these take two seconds
MOST_ATTRIBUTES = 500  # of one tag
MOST_REOPENED = 1_000_000  # elements that formatting elements may make
_SPACE = r"\t\n\f\r "
_EMBEDDED = re.compile(r"data:[\w/+.;=-]{0,100},[A-Za-z0-9+/%=]{100,}")  # no character of it means something to a parser
_START = re.compile(rf"<[a-zA-Z][^{_SPACE}/>]*+")
_NAME = re.compile(rf"[{_SPACE}/]*+(?:[^{_SPACE}/>=]++|=[^{_SPACE}/>=]*+)([{_SPACE}]*+=[{_SPACE}]*+)?+")
_UNQUOTED_END = re.compile(rf"[{_SPACE}>]")
# These are opened again in every paragraph after one that does not close them: a few thousand of them make millions of elements.
# They mean nothing for the text, so they become `span`, which is not. Only inside of SVG and MathML that may change the text.
_FORMATTING_NAMES = "b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_TAG = re.compile(rf"<(?:/?({_FORMATTING_NAMES})(?=[{_SPACE}/>])|[a-zA-Z/])", re.IGNORECASE)
_FORMATTING = re.compile(rf"(</?)({_FORMATTING_NAMES})(?=[{_SPACE}/>])", re.IGNORECASE)
_PLAIN = re.compile(rf"(</?)span ({_FORMATTING_NAMES})\ue000", re.IGNORECASE)
_FOREIGN = re.compile("<(?:svg|math)", re.IGNORECASE)


def drop_formatting(source: str) -> str:
    """Make formatting elements plain ones, which keep the former name."""
    return source if _FOREIGN.search(source) else _FORMATTING.sub("\\1span \\2\ue000", source)


def restore_names(text: str) -> str:
    """Restore the names in text, where what looked like an element was none."""
    return _PLAIN.sub(r"\1\2", text) if "\ue000" in text else text


def find_limit(source: str, *, keep_formatting: bool = False) -> int:
    """Find how much of the beginning of a document can be parsed in bounded time and memory.

    `keep_formatting`: it is parsed without `drop_formatting`.
    """
    end = len(source)
    if end > LARGEST_HTML and len(_EMBEDDED.sub("", source)) > LARGEST_HTML:
        end = LARGEST_HTML
    formatting, reopens = 0, keep_formatting or bool(_FOREIGN.search(source))
    for number, tag in enumerate(_TAG.finditer(source, 0, end)):
        formatting += tag[1] is not None
        if number == MOST_TAGS or (reopens and number * formatting > MOST_REOPENED):
            end = tag.start()
            break
    return min(end, find_crowded_tag(source[:end]))


def find_crowded_tag(source: str) -> int:
    """Find the first tag with too many attributes; the length of the document if there is none.

    Where tags begin depends on what is before them, so every place where one may begin is tried. They share the counts behind
    each attribute, so this takes linear time.
    """
    unquoted_ends = [match.start() for match in _UNQUOTED_END.finditer(source)]
    counts: dict[int, int] = {}  # attributes from a place on to the end of its tag
    for start in _START.finditer(source):
        place, passed = start.end(), []
        while place not in counts and (name := _NAME.match(source, place)):
            passed.append(place)
            place = _skip_value(source, name.end(), unquoted_ends) if name[1] else name.end()
        count = counts.get(place, 0)
        for earlier in reversed(passed):
            count += 1
            counts[earlier] = count
        if count > MOST_ATTRIBUTES:
            return start.start()
    return len(source)


def _skip_value(source: str, place: int, unquoted_ends: list[int]) -> int:
    quote = source[place : place + 1]
    if quote and quote in "\"'":
        return source.find(quote, place + 1) + 1 or len(source)
    following = bisect_left(unquoted_ends, place)
    return unquoted_ends[following] if following < len(unquoted_ends) else len(source)
