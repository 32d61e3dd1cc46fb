"""Limits of sizes: a file is read at one sitting, a function is seen at one glance."""

import ast
from statistics import median

import pytest

from tests.rules.sources import SOURCES, name_of

LARGEST_FILE = 400
LARGEST_CLASS = 200
LARGEST_FUNCTION = 45
LARGEST_MEDIAN = 90


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_classes_and_functions_are_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LARGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= (LARGEST_CLASS if isinstance(node, ast.ClassDef) else LARGEST_FUNCTION), f"{node.name}: {lines} lines"


def test_half_of_the_files_are_very_small():
    assert (
        median(len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES if path.name != "__init__.py")
        <= LARGEST_MEDIAN
    )
