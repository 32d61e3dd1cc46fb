"""Makes text of HTML that strangers wrote, in time that grows with its length alone.

The usual readers of HTML do not have that: a mail of 50 kB of `<!--` or of line ends, which anybody can send, keeps Python's own
parser, or html2text, busy for minutes.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_HTML = 500_000  # characters
DEEPEST = 6  # quotations and lists in each other
LONGEST_LINK = 2000
BREAKS = {
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "hr"), 2),
    **dict.fromkeys(
        ("br", "div", "li", "tr", "dt", "dd", "section", "article", "header", "footer", "center", "form", "option"), 1
    ),
}
UNREAD = frozenset({"script", "style", "title", "template", "svg", "math", "noscript", "textarea", "select", "iframe", "object"})
_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ATTRIBUTE = re.compile(r"""\b(href|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ENDS = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in UNREAD}
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Tag:
    """A tag. `rest`: its attributes, as they stand."""

    name: str
    ends: bool
    rest: str

    def attribute(self, attribute: str) -> str:
        for name, *values in _ATTRIBUTE.findall(self.rest[: 2 * LONGEST_LINK]):
            if name.lower() == attribute:
                return html.unescape("".join(values)).strip()
        return ""


def split(value: str) -> Iterator[str | Tag]:
    """Split HTML into text and tags. Comments, declarations, scripts and the like are left out; what is broken is text."""
    last_close, last_comment_end = value.rfind(">"), value.rfind("-->")  # so that nothing is looked for in vain, again and again
    place = 0
    while 0 <= (opens := value.find("<", place)) < last_close:
        yield value[place:opens]
        if value.startswith("<!--", opens):
            if opens >= last_comment_end:
                return
            place = value.find("-->", opens + 2) + 3
            continue
        named = _NAME.match(value, opens + 1)
        if not named and value[opens + 1] not in "!?/":
            yield "<"
            place = opens + 1
            continue
        place = value.find(">", opens) + 1
        if named:
            tag = Tag(named[2].lower(), bool(named[1]), value[named.end() : place - 1])
            if tag.name in UNREAD and not tag.ends and not tag.rest.endswith("/"):
                ending = _ENDS[tag.name].search(value, place)
                if not ending:
                    return
                place = ending.start()
            yield tag
    yield value[place:].partition("<!--")[0]


@dataclass
class Writer:
    """Writes text, with a line for each block, links as Markdown has them, and marks before lists and quotations."""

    out: list[str] = field(default_factory=list)
    breaks: int = 0
    space: bool = False
    quotes: int = 0
    lists: list[int] = field(default_factory=list)  # for each open list the number of its next entry; 0 where it has dots
    preformatted: int = 0
    link: tuple[int, str] | None = None  # where its text begins, and where it leads

    def write(self, text: str) -> None:
        text = html.unescape(text)
        if self.preformatted:
            for number, line in enumerate(text.splitlines()):
                self.breaks = max(self.breaks, 1) if number else self.breaks
                self._put(line.rstrip())
            return
        words = _SPACES.sub(" ", text)
        self.space = self.space or words.startswith(" ")
        if words.strip():
            self._put(words.strip())
            self.space = words.endswith(" ")

    def mark(self, tag: Tag) -> None:
        """Do what a tag means for the text."""
        name = tag.name
        self.breaks = max(self.breaks, BREAKS.get(name, 0))
        if name in {"ul", "ol"}:
            self._nest(name, ends=tag.ends)
        elif name == "pre":
            self.preformatted = max(0, self.preformatted + (-1 if tag.ends else 1))
        elif name == "blockquote":
            self.quotes = max(0, self.quotes + (-1 if tag.ends else 1))
        elif name == "li" and not tag.ends:
            self._put(self._bullet())
            self.space = True
        else:
            self._mark_within_line(tag)

    def _mark_within_line(self, tag: Tag) -> None:
        name = tag.name
        if name in {"td", "th"}:
            self.space = True
        elif name == "a":
            self._end_link()
            if not tag.ends:
                self._begin_link(tag.attribute("href"))
        elif name == "img" and self.link:
            self.write(html.escape(tag.attribute("alt")))

    def _put(self, text: str) -> None:
        if self.breaks and self.out:
            self.out.append("\n" * self.breaks + "> " * min(self.quotes, DEEPEST))
        elif not self.out:
            self.out.append("> " * min(self.quotes, DEEPEST))
        elif self.space:
            self.out.append(" ")
        self.out.append(text)
        self.breaks, self.space = 0, False

    def _nest(self, name: str, *, ends: bool) -> None:
        if not ends:
            self.lists.append(1 if name == "ol" else 0)
        elif self.lists:
            self.lists.pop()
        if len(self.lists) > (0 if ends else 1):
            self.breaks = 1

    def _bullet(self) -> str:
        indent = "  " * (min(len(self.lists), DEEPEST) - 1)
        if not self.lists or not self.lists[-1]:
            return f"{indent}*"
        self.lists[-1] += 1
        return f"{indent}{self.lists[-1] - 1}."

    def _begin_link(self, address: str) -> None:
        if address.lower().startswith(("http://", "https://", "mailto:")) and len(address) <= LONGEST_LINK:
            self._put("")
            self.link = len(self.out) - 1, _SPACES.sub("%20", address)

    def _end_link(self) -> None:
        if not self.link:
            return
        begins, address = self.link
        self.link = None
        text = "".join(self.out[begins:]).strip()
        if text and text not in {address, address.removeprefix("mailto:")}:
            self.out[begins] = "["
            self.out.append(f"]({address})")


def read_html(value: str) -> str:
    """Make text of HTML."""
    writer = Writer()
    for piece in split(value[:LARGEST_HTML]):
        if isinstance(piece, Tag):
            writer.mark(piece)
        elif piece:
            writer.write(piece)
    writer.mark(Tag("a", ends=True, rest=""))
    return "".join(writer.out)
