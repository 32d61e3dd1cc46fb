"""Files that are read at one sitting, functions that are seen at one glance. No exceptions."""

import ast

import pytest

from tests.rules.sources import SOURCES, name_of

LARGEST_FILE = 400
LARGEST_FUNCTION = 45


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_and_its_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LARGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LARGEST_FUNCTION, f"{node.name} has {lines} lines"
