"""Limits of sizes: a file is read at one sitting, a function is seen at one glance."""

import ast
from collections.abc import Iterator
from statistics import median

from tests.rules.sources import SOURCES, name_of

LARGEST_FILE = 400
LARGEST_CLASS = 200
LARGEST_FUNCTION = 45
LARGEST_MEDIAN = 90


def find_large(source: str) -> Iterator[str]:
    """Find what is too large in a file, the file itself among it, with its size."""
    if (lines := len(source.splitlines())) > LARGEST_FILE:
        yield f"{lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > (LARGEST_CLASS if isinstance(node, ast.ClassDef) else LARGEST_FUNCTION):
                yield f"{node.name}, {lines} lines"


def test_files_classes_and_functions_are_small():
    assert [f"{name_of(path)}: {each}" for path in SOURCES for each in find_large(path.read_text(encoding="utf-8"))] == []


def test_large_files_classes_and_functions_are_detected():
    function = "def f():\n" + "    f()\n" * LARGEST_FUNCTION
    assert list(find_large(function)) == ["f, 46 lines"]
    assert list(find_large("class C:\n" + "    x = 1\n" * LARGEST_CLASS)) == ["C, 201 lines"]
    assert list(find_large("x = 1\n" * (LARGEST_FILE + 1))) == ["401 lines"]


def test_half_of_the_files_are_very_small():
    assert (
        median(len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES if path.name != "__init__.py")
        <= LARGEST_MEDIAN
    )
