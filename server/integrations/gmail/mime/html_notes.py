"""Notes on HTML whose text is not what a reader sees: words and pictures from elsewhere, hidden words, another order of them."""

import re
from collections.abc import Iterator, Mapping
from unicodedata import bidirectional

OTHER_DOCUMENT = "another document inside it"
PICTURES = "pictures that are not in the mail"
STYLE_SHEET = "a style sheet, which may add words"
REVERSED = "words that are shown in another order"
HIDDEN = "words that may be hidden from its readers"
DRAWING = "a drawing or formula, in which words may stand anywhere"
LINKS = "links whose addresses depend on another one in it"
FORM = "a form, which sends what is typed into it"
_ELEMENTS = {
    **dict.fromkeys(("style", "link"), STYLE_SHEET),
    **dict.fromkeys(("bdo", "marquee"), REVERSED),
    **dict.fromkeys(("svg", "math"), DRAWING),
    **dict.fromkeys(("template", "noscript", "noembed", "noframes", "dialog", "datalist", "rp", "select"), HIDDEN),
    **dict.fromkeys(("audio", "video", "canvas", "meter", "progress", "object"), HIDDEN),  # theirs stand in for what is not shown
    "base": LINKS,
    "form": FORM,
}
_DOCUMENTS = {"iframe": "src", "frame": "src", "embed": "src", "object": "data"}
_LINKS = {"a", "area", "base", "link"}
_PICTURES = ("src", "srcset", "poster", "background")
_IN_MAIL = re.compile(r"\s*(?:cid:|#|$)", re.IGNORECASE)
_MARKS = re.compile(r"\s*(?:disc|circle|square|[1aAiI])?\s*")  # of lists; another may be any text in quotation marks
_FAINT = r"(?:0|0?\.[0-4]\d*|[0-4]?\d(?:\.\d*)?%)\s*\)"  # the last part of a colour that hardly shows
_PROPERTY = r"(?:^|[;\s])(?:-\w+-)?"
_STYLES = (
    # These bring words or pictures of their own, or turn the order of letters.
    (r"\b(?:content|list-style|quotes|text-overflow|hyphenate|unicode-bidi|text-emphasis)|url\s*\(|image-set|\\", STYLE_SHEET),
    (rf"{_PROPERTY}(?:float|order|position|flex|grid|writing-mode|transform|rotate|scale|translate|offset|column)", REVERSED),
    (r"(?:margin|text-indent|spacing)[\w-]*\s*:[^;]*-\.?\d|vertical-align\s*:\s*[+-]?[\d.(]", REVERSED),
    (rf"display\s*:\s*none|{_PROPERTY}(?:visibility|opacity|clip|mask|filter|overflow(?!-wrap)|zoom|font\s*:[^;]*\b0)", HIDDEN),
    (rf"text-security|fill-color|mso-hide|{_PROPERTY}color\s*:\s*(?:transparent|#(?:\w{{6}}[0-7]\w|\w{{3}}[0-7])\b)", HIDDEN),
    (rf"\((?:[^,()]*,){{3}}\s*{_FAINT}|\([^()]*/\s*{_FAINT}", HIDDEN),
    (r":[^;]*(?<![#\w.])(?:\d{5,}|[2-9]\d{3}|\d{3,}(?=(?:\.\d*)?r?em))(?:\.\d*)?(?:px|pt|r?em|ex|ch|v\w+|in|cm|mm|pc)", HIDDEN),
)
_SIZE = re.compile(r"(?:font-size|line-height)\s*:\s*([^;!]*)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)([a-z%]*)\s*")
_LEAST = {"px": 6, "pt": 5, "em": 0.5, "rem": 0.5, "%": 50, "": 0.5}  # sizes that can be read
_NAMED = re.compile(r"\s*(?:(?:xx?-|)(?:small|large)|medium|smaller|larger|normal|inherit|initial)?\s*")
_WIDTHS = ("width", "cellpadding", "cellspacing", "border")
_FAR = re.compile(r"\s*(?:\d{5}|[2-9]\d{3})")  # pixels, beyond what a reader sees
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), note) for pattern, note in _STYLES)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_RIGHT_TO_LEFT = re.compile(r"direction\s*:\s*rtl", re.IGNORECASE)


def find_notes(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """Find what of an element its text does not show."""
    if name in _ELEMENTS:
        yield _ELEMENTS[name]
    if name == "details" and "open" not in attributes:
        yield HIDDEN
    if attributes:
        yield from _note_attributes(name, attributes)
        yield from note_style(attributes.get("style", ""))


def _note_attributes(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    if attributes.get(_DOCUMENTS.get(name, ""), "") or _is_refresh(name, attributes):
        yield OTHER_DOCUMENT
    pictures = _PICTURES if name in _LINKS else (*_PICTURES, "href", "xlink:href")
    if name not in {*_DOCUMENTS, "script"} and not all(_IN_MAIL.match(attributes.get(key, "")) for key in pictures):
        yield PICTURES
    if "formaction" in attributes:
        yield FORM
    if "hidden" in attributes or any(_FAR.match(attributes.get(key, "")) for key in _WIDTHS):
        yield HIDDEN
    if name == "ol" and "reversed" in attributes:
        yield REVERSED
    if name in {"ul", "li"} and not _MARKS.fullmatch(attributes.get("type", "")):
        yield STYLE_SHEET


def _is_refresh(name: str, attributes: Mapping[str, str]) -> bool:
    return name == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh"


def note_style(style: str) -> Iterator[str]:
    """Find what declarations of style do to words."""
    style = _COMMENT.sub("", style)
    yield from (note for pattern, note in _PATTERNS if pattern.search(style))
    if not all(can_be_read(size) for size in _SIZE.findall(style)):
        yield HIDDEN


def can_be_read(size: str) -> bool:
    """Return whether letters or lines of a size can be read."""
    size = size.strip().lower()
    if match := _NUMBER.fullmatch(size):
        return float(match[1]) >= _LEAST.get(match[2], float("inf"))
    return _NAMED.fullmatch(size) is not None


def find_direction(attributes: Mapping[str, str]) -> str:
    """Find the direction that an element gives its content: rtl, auto or none."""
    direction = attributes.get("dir", "").strip().lower()
    return "rtl" if direction == "rtl" or _RIGHT_TO_LEFT.search(attributes.get("style", "")) else direction


def is_turned(text: str, directions: set[str]) -> bool:
    """Return whether a direction turns the order of words: most letters of the text are written from left to right."""
    if "rtl" not in directions and "auto" not in directions:
        return False
    letters = [bidirectional(character) for character in text]
    leftward = letters.count("R") + letters.count("AL")
    return leftward < letters.count("L") and ("rtl" in directions or leftward > 0)
