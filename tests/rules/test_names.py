"""Names are the field's terms: no private vocabulary in files, classes, functions, variables and docstrings."""

import ast
import re
from collections.abc import Iterator

from tests.conftest import ROOT
from tests.rules.sources import SOURCES, name_of

TESTS = sorted((ROOT / "tests").rglob("*.py"))
UI = sorted(path for path in (ROOT / "ui" / "src").rglob("*") if path.suffix in {".ts", ".svelte"})

# Fields of the settings and of the local API, which others depend on.
PUBLIC = {("server/integrations/omi/models.py", "sweep_minutes"), ("server/tunnel/models.py", "found")}
PRIVATE_WORDS = {
    *("door", "doorway", "patience", "heads", "wish", "wishes", "told", "whoever", "farewell", "farewells", "complaint"),
    *(
        "complaints",
        "asker",
        "errand",
        "errands",
        "guest",
        "guests",
        "gate",
        "heir",
        "bearable",
    ),
    *("keeping", "rhythm", "eyes", "toolbox", "wearable", "recipe", "lanes", "sweep"),
}
PRONOUNS = {"one", "found", "told", "asked", "kept"}
UI_WORDS = {"say", "said", "news", "rail", "diary", "desk", "journey", "trail", "handed", "trouble", "wider", "held"}
DECLARATION = re.compile(r"\b(?:class|const|function|interface|let|type) (\w+)")
SUBJECTLESS = re.compile(r"test_(a|an|the|it|nor|nobody|of|what|where|who|whoever)_")
OPENING = re.compile(r"(What|Where|Whoever|Who|Have|Tell|Whether|By what)\b")


def split_words(identifier: str) -> set[str]:
    """Split a name into its words."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)}


def find_private(source: str) -> Iterator[str]:
    """Find the private vocabulary in a Python file, with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if split_words(name) & PRIVATE_WORDS or SUBJECTLESS.match(name):
                    yield f"{node.lineno}: {name}"
                if OPENING.match(ast.get_docstring(node) or ""):
                    yield f"{node.lineno}: the docstring of {name}"
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                if name in PRONOUNS or split_words(name) & PRIVATE_WORDS:
                    yield f"{node.lineno}: {name}"
            case ast.Module() if OPENING.match(ast.get_docstring(node) or ""):
                yield "1: the docstring of the module"


def test_names_are_free_of_private_vocabulary():
    private = [
        f"{name_of(path)}:{finding}"
        for path in [*SOURCES, *TESTS]
        for finding in ([f"1: {path.name}"] if split_words(path.stem) & PRIVATE_WORDS else [])
        + list(find_private(path.read_text("utf-8")))
        if (name_of(path), finding.partition(": ")[2]) not in PUBLIC
    ]
    assert private == []


def test_window_names_are_free_of_private_vocabulary():
    names = [(path, name) for path in UI for name in (path.name.partition(".")[0], *DECLARATION.findall(path.read_text("utf-8")))]
    private = PRONOUNS | {"again"}
    assert [
        f"{name_of(path)}: {name}" for path, name in names if name in private or split_words(name) & (PRIVATE_WORDS | UI_WORDS)
    ] == []


def test_private_vocabulary_is_detected():
    source = "class OpenDoor:\n    def let_in(self, one):\n        '''What it does.'''\n        told = one\n"
    assert list(find_private(source)) == ["1: OpenDoor", "2: the docstring of let_in", "2: one", "4: told"]
