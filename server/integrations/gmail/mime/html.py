"""Reads HTML as browsers do: every word that one would show its reader, in bounded time and memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.integrations.gmail.mime.html_colors import Colors, UnknownColor
from server.integrations.gmail.mime.html_limits import drop_formatting, find_limit, restore_names
from server.integrations.gmail.mime.html_notes import HIDDEN, OTHER_DOCUMENT, REVERSED, find_direction, find_notes, is_turned
from server.integrations.gmail.mime.html_writer import Writer

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

DEEPEST = 3  # documents in each other
_NOT_SHOWN = frozenset({"script", "style", "title", "link"})
_BUTTONS = {"submit": "Submit", "reset": "Reset"}
LONG_LINK = "a very long address"
REST = "its end, because it is too long or too intricate"


@dataclass(frozen=True)
class HtmlText:
    """The text of HTML. `unshown`: what a browser would show and the text does not. `cut`: the text ends before its source."""

    text: str
    unshown: tuple[str, ...] = ()
    cut: bool = False


def read_html(source: str) -> HtmlText:
    """Read HTML, whatever it is. Never raises."""
    source = source.encode("utf-8", "replace").decode()
    limit = find_limit(source)
    reader = _Reader()
    reader.read(drop_formatting(source[:limit]))
    reader.writer.end_link()
    cut, text = limit < len(source), "".join(reader.writer.out)
    if is_turned(text, reader.directions):
        reader.unshown[REVERSED] = None
    return HtmlText(text, (*reader.unshown, *((REST,) if cut else ())), cut)


def list_elements(source: str) -> list[tuple[str, dict[str, str]]]:
    """List the elements of a document with their attributes."""
    from selectolax.lexbor import LexborHTMLParser

    return [(node.tag or "", _read_attributes(node)) for node in LexborHTMLParser(source).css("*")]


def _read_attributes(node: "LexborNode") -> dict[str, str]:
    return {key: value or "" for key, value in node.attributes.items()}


@dataclass
class _Reader:
    """Walks trees and writes their text."""

    writer: Writer = field(default_factory=Writer)
    unshown: dict[str, None] = field(default_factory=dict)
    directions: set[str] = field(default_factory=set)
    colors: list[Colors] = field(default_factory=lambda: [Colors()])
    depth: int = 0

    def read(self, source: str) -> None:
        from selectolax.lexbor import LexborHTMLParser

        root = LexborHTMLParser(source).root
        if root is not None:
            self._walk(root)

    def _walk(self, root: "LexborNode") -> None:
        node: LexborNode | None = root
        top = root.mem_id
        while node is not None:
            following = node.first_child if self._enter(node) else None
            while following is None:
                self._leave(node)
                if node.mem_id == top:
                    return
                following = node.next
                if following is None:
                    node = node.parent
                    if node is None:
                        return
            node = following

    def _enter(self, node: "LexborNode") -> bool:
        """Begin a node. Answers whether what is inside of it is shown."""
        if node.is_text_node:
            self._write(restore_names(node.text_content or ""))
            return False
        if not node.is_element_node:
            return not node.is_comment_node
        name = node.tag or ""
        attributes = {key: restore_names(value) for key, value in _read_attributes(node).items()}
        self.writer.begin(name, attributes)
        self.unshown.update(dict.fromkeys(find_notes(name, attributes)))
        if attributes:
            self.directions.add(find_direction(attributes))
        self._begin_colors(attributes)
        if name in {"a", "area"}:
            self._begin_link(attributes)
        if words := _find_words(name, attributes):
            self._write(words)
        if name == "template":
            self._go_deeper(lambda: self._read_template(node))
        elif name == "iframe" and "srcdoc" in attributes:
            self._go_deeper(lambda: self._read_frame(attributes["srcdoc"]))
        return name not in _NOT_SHOWN

    def _leave(self, node: "LexborNode") -> None:
        if node.is_element_node:
            self.writer.end(node.tag or "")
            self.colors.pop()

    def _write(self, text: str) -> None:
        self.writer.write(text)
        if not self.colors[-1].is_legible and text.strip():
            self.unshown[HIDDEN] = None

    def _begin_colors(self, attributes: dict[str, str]) -> None:
        """Begin the colours of an element."""
        colors = self.colors[-1]
        if attributes:
            try:
                colors = colors.within(attributes)
            except UnknownColor:
                self.unshown[HIDDEN] = None
        self.colors.append(colors)

    def _begin_link(self, attributes: dict[str, str]) -> None:
        if not self.writer.begin_link(attributes.get("href") or attributes.get("xlink:href") or ""):
            self.unshown[LONG_LINK] = None

    def _read_template(self, node: "LexborNode") -> None:
        for fragment in node.template_fragments()[:1]:
            self._walk(fragment)

    def _read_frame(self, source: str) -> None:
        if find_limit(source) < len(source):
            self.unshown[OTHER_DOCUMENT] = None
        else:
            self.read(drop_formatting(source))

    def _go_deeper(self, read: Callable[[], object]) -> None:
        if self.depth == DEEPEST:
            self.unshown[OTHER_DOCUMENT] = None
            return
        self.depth += 1
        read()
        self.depth -= 1


def _find_words(name: str, attributes: dict[str, str]) -> str:
    """Find the words that an element shows of its attributes."""
    if name in {"img", "area"}:
        return attributes.get("alt", "")
    if name in {"option", "optgroup"}:
        return attributes.get("label", "")
    if name == "textarea":
        return attributes.get("placeholder", "")
    if name != "input":
        return ""
    kind = attributes.get("type", "").strip().lower()
    if kind == "hidden":
        return ""
    return " ".join(filter(None, [attributes.get("value", _BUTTONS.get(kind, "")), *map(attributes.get, ("placeholder", "alt"))]))
