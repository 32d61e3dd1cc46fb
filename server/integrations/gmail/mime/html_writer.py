"""Lays out the text of HTML: a line for each block, links as Markdown has them, marks before lists and quotations."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from server.core.domains import show_link
from server.integrations.gmail.mime.html_lists import OpenList, open_list

DEEPEST = 6  # quotations and lists in each other that are marked
LONGEST_LINK = 2000
BREAKS = {
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "hr"), 2),
    **dict.fromkeys(
        ("br", "div", "li", "tr", "dt", "dd", "section", "article", "header", "footer", "center", "form", "option", "textarea"), 1
    ),
}
PREFORMATTED = frozenset({"pre", "textarea", "xmp", "listing", "plaintext"})
SPACED = frozenset({"td", "th", "img", "input", "button", "select", "optgroup", "iframe", "svg", "text", "math", "template"})
_SPACES = re.compile(r"[^\S\v\x1c-\x1f\x85\u2028\u2029]+")  # without those that show nothing, which the person is shown
_LINE_ENDS = re.compile(r"\r\n?")
_REMOVED = re.compile(r"[\t\n\r]")  # browsers leave these out of addresses
_SCHEME = re.compile(r"(?!javascript:|vbscript:|data:|cid:|about:|blob:)[a-z][a-z0-9+.-]*:|[/\\]{2}", re.IGNORECASE)


@dataclass
class Writer:
    """The text so far. `lists`: the open ones.

    `link`: where the text of the open link begins, and its address.
    """

    out: list[str] = field(default_factory=list)
    breaks: int = 0
    space: bool = False
    quotes: int = 0
    lists: list[OpenList] = field(default_factory=list)
    preformatted: int = 0
    link: tuple[int, str] | None = None

    def write(self, text: str) -> None:
        """Write text, with its spaces as the elements around it want them."""
        if self.preformatted:
            for number, line in enumerate(_LINE_ENDS.sub("\n", text).removesuffix("\n").split("\n") if text else ()):
                self.breaks = max(self.breaks, 1) if number else self.breaks
                self._put(line.rstrip(" \t"))
            return
        words = _SPACES.sub(" ", text)
        self.space = self.space or words.startswith(" ")
        if plain := words.strip(" "):
            self._put(plain)
            self.space = words.endswith(" ")

    def begin(self, name: str, attributes: Mapping[str, str] = MappingProxyType({})) -> None:
        """Begin an element."""
        self._separate(name)
        if name in {"ul", "ol"}:
            self.lists.append(open_list(name, attributes))
            self._close_up(1)
        elif name == "blockquote":
            self.quotes += 1
        elif name in PREFORMATTED:
            self.preformatted += 1
        elif name == "li":
            self._put(self._bullet(attributes))
            self.space = True

    def end(self, name: str) -> None:
        """End an element."""
        self._separate(name)
        if name in {"ul", "ol"}:
            self.lists.pop()
            self._close_up(0)
        elif name == "blockquote":
            self.quotes -= 1
        elif name in PREFORMATTED:
            self.preformatted -= 1
        elif name in {"a", "area"}:
            self.end_link()

    def begin_link(self, address: str) -> bool:
        """Begin a link. Answers whether all of its address will be shown."""
        self.end_link()
        address = _REMOVED.sub("", address).strip()
        if not _SCHEME.match(address):
            return True
        self._put("")
        shown = address if len(address) <= LONGEST_LINK else f"{address[:LONGEST_LINK]}…"
        self.link = len(self.out) - 1, _SPACES.sub("%20", show_link(shown))
        return shown == address

    def end_link(self) -> None:
        """End the open link, if there is one. One without text stands as its address."""
        if not self.link:
            return
        begins, address = self.link
        text = "".join(self.out[begins:]).strip()
        if not text:
            self._put(address)
        elif text not in {address, address.removeprefix("mailto:")}:
            self.out[begins] = "["
            self.out.append(f"]({address})")
        self.link = None

    def _separate(self, name: str) -> None:
        separation = 2 if name in PREFORMATTED - {"textarea"} else BREAKS.get(name, 0)
        self.breaks = max(self.breaks, separation)
        self.space = self.space or name in SPACED

    def _close_up(self, depth: int) -> None:
        if len(self.lists) > depth:
            self.breaks = 1

    def _put(self, text: str) -> None:
        if self.breaks and self.out:
            self.out.append("\n" * self.breaks + "> " * min(self.quotes, DEEPEST))
        elif not self.out:
            self.out.append("> " * min(self.quotes, DEEPEST))
        elif self.space and not (self.link and self.link[0] == len(self.out) - 1):
            self.out.append(" ")
        self.out.append(text)
        self.breaks, self.space = 0, False

    def _bullet(self, attributes: Mapping[str, str]) -> str:
        indent = "  " * (min(len(self.lists), DEEPEST) - 1)
        mark = self.lists[-1].mark(attributes) if self.lists else "*"
        return f"{indent}{mark}"
