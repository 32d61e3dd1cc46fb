"""The core knows no integration: no string outside of its folder equals its name, prefix, scope or table."""

import ast
import re
from pathlib import Path

from tests.conftest import ROOT
from tests.rules.sources import INTEGRATIONS, SOURCES, describe, name_of

WINDOW = [path for part in ("lib", "parts") for path in (ROOT / "ui" / "src" / part).rglob("*") if path.is_file()]
QUOTED = re.compile(r"(['\"`])(?P<text>[^'\"`\n]*)\1")


def list_tables(folder: Path) -> set[str]:
    """List the tables that an integration's migrations create."""
    return {
        call.args[0].value
        for path in folder.glob("*migrations/*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "create_table"
    }


def find_strings(source: str) -> set[str]:
    """Find the strings and the names in a Python file: a field of a model is a name."""
    nodes = list(ast.walk(ast.parse(source)))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    fields = {node.target.id for node in nodes if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    return strings | fields | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


OWN = {folder.name for folder in INTEGRATIONS}
FORBIDDEN = OWN | {
    name for folder in INTEGRATIONS for name in (*describe(folder).prefixes, *describe(folder).scopes, *list_tables(folder))
}


def test_core_files_do_not_name_an_integration():
    core = [path for path in SOURCES if not OWN & set(path.parts)]
    named = {name_of(path): names for path in core if (names := find_strings(path.read_text(encoding="utf-8")) & FORBIDDEN)}
    assert named == {}


def test_shared_window_files_do_not_name_an_integration():
    named = {
        name_of(path): names
        for path in WINDOW
        if (names := {match["text"] for match in QUOTED.finditer(path.read_text(encoding="utf-8"))} & FORBIDDEN)
    }
    assert named == {}


def test_integration_name_is_detected_as_string_and_as_field():
    assert find_strings("WORDS = {'read:mail': 'Read'}\nclass Steps:\n    gmail: int = 0\n") & FORBIDDEN == {"read:mail", "gmail"}


def test_every_scope_of_an_operation_has_a_label():
    for folder in INTEGRATIONS:
        integration = describe(folder)
        scopes = {route.endpoint.operation.scope for router in integration.load().public for route in router.routes}
        scopes |= integration.connection_scopes
        assert scopes - {""} == set(integration.scopes), folder.name
