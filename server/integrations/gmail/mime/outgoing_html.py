"""Rebuilds the HTML of a mail from an allow-list of elements, so that what is shown, approved and sent is one tree.

See docs/decisions/0015-html-is-parsed-as-browsers-do.md.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from server.core.errors import InvalidInput
from server.integrations.gmail.mime.html import list_elements, read_html
from server.integrations.gmail.mime.html_limits import find_limit
from server.integrations.gmail.mime.html_notes import HIDDEN, REVERSED, note_style
from server.integrations.gmail.mime.text import sendable

ELEMENTS = {
    *("a", "abbr", "address", "article", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd"),
    *("del", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header"),
    *("hr", "i", "img", "ins", "kbd", "li", "main", "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span"),
    *("strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var"),
}
_TABLE = {"bgcolor", "border", "cellpadding", "cellspacing", "colspan", "rowspan", "width"}
ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "valign"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "img": {"alt"},  # a picture from elsewhere would not be what is approved, and tells its owner who reads the mail
    "li": {"value"},
    "ol": {"start", "type"},
    **dict.fromkeys(("table", "td", "th", "tr"), _TABLE),
}
STYLES = {
    *("color", "background-color", "font-family", "font-size", "font-style", "font-weight", "line-height", "text-align"),
    *("text-decoration", "vertical-align", "white-space", "width", "max-width", "border-collapse", "border-spacing"),
    *(f"{box}{side}" for box in ("margin", "padding", "border") for side in ("", "-top", "-right", "-bottom", "-left")),
    *("border-radius", "border-color", "border-style", "border-width"),
}
EMPTIED = {"script", "style", "title", "template", "noscript"}  # with what is in them; of others, the text stays
SCHEMES = {"http", "https", "mailto", "tel"}
MOST_REFERENCES = 100_000  # character references, which take the library long
MOST_NAMED, LONGEST_NAME = 20, 40
_STRUCTURE = {"html", "head", "body", "meta"}
_PLAIN = {REVERSED: ("dir",), HIDDEN: ("background-color", "bgcolor", "color")}
_UNSEEN = re.compile(r"class|id|name|rel|role|target|title|content|charset|http-equiv|(?:data|aria|xmlns|xml).*")
_NAME = re.compile(r"[\w-]+")
TOO_INTRICATE = "This HTML is too long or too intricate to be shown to the person. Send a plainer one, or the text alone."


@dataclass(frozen=True)
class OutgoingHtml:
    """HTML that is sent, the text of it, and the names of what was removed."""

    source: str
    text: str
    removed: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """A sentence on what was removed; empty if nothing was."""
        return f"Removed from the HTML: {', '.join(self.removed)}." if self.removed else ""


def rebuild(source: str | None) -> OutgoingHtml | None:
    """Rebuild HTML; None stays None. Raises InvalidInput if it cannot be shown completely."""
    if source is None:
        return None
    source = sendable(source)
    if find_limit(source, keep_formatting=True) < len(source) or source.count("&") > MOST_REFERENCES:
        raise InvalidInput(TOO_INTRICATE)
    cleaned = _clean(_clean(source))
    reading, removed = read_html(cleaned), _list_removed(source)
    if left := set(reading.unshown) & _PLAIN.keys():  # by a direction that does not fit the letters, or a colour that hides them
        names = {name for note in left for name in _PLAIN[note]}
        cleaned, removed = _clean(cleaned, names), chain(sorted(names), removed)
        reading = read_html(cleaned)
    if reading.unshown or _clean(cleaned) != cleaned:
        raise InvalidInput(TOO_INTRICATE)
    return OutgoingHtml(cleaned, reading.text, tuple(islice(dict.fromkeys(removed), MOST_NAMED)))


def _clean(source: str, without: Collection[str] = ()) -> str:
    import nh3

    return nh3.clean(
        source,
        tags=ELEMENTS,
        clean_content_tags=EMPTIED,
        attributes={name: allowed.difference(without) for name, allowed in ATTRIBUTES.items()},
        attribute_filter=_filter_attribute,
        filter_style_properties=STYLES.difference(without),
        url_schemes=SCHEMES,
        url_relative="deny",
        link_rel=None,
    )


def _filter_attribute(_: str, attribute: str, value: str) -> str:
    """Remove from a style what would hide words, or move them."""
    if attribute != "style":
        return value
    return ";".join(declaration for declaration in value.split(";") if not any(note_style(declaration)))


def _list_removed(source: str) -> Iterator[str]:
    for name, attributes in list_elements(source):
        if name in _STRUCTURE:
            continue
        if name not in ELEMENTS:
            yield name[:LONGEST_NAME]
            continue
        allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(name, set())
        yield from (key[:LONGEST_NAME] for key in attributes if key not in allowed and not _UNSEEN.fullmatch(key))
        if name == "a" and attributes.get("href", "https:").strip().partition(":")[0].lower() not in SCHEMES:
            yield "links that are no web, mail or telephone addresses"
        for declaration in attributes.get("style", "").split(";"):
            key = declaration.partition(":")[0].strip().lower()
            if _NAME.fullmatch(key) and (key not in STYLES or any(note_style(declaration))):
                yield key[:LONGEST_NAME]
