"""The directions of imports: down the levels, never sideways, never in a circle. Imports for types count."""

import re
from collections.abc import Iterator

import grimp
import pytest

from tests.conftest import ROOT

LEVELS = (
    {"core"},
    {"system"},
    {"storage"},
    {"http", "outbound"},
    {"sdk"},
    {"access", "tunnel", "integrations"},
    {"runtime"},
    {"projections", "demo"},
    {"public", "local"},
    {"lifecycle"},
    {"commandline"},
    {"__main__"},
    {"desktop"},
)
RANKS = {package: rank for rank, level in enumerate(LEVELS) for package in level}
INTEGRATION = re.compile(r"server\.integrations\.(?P<name>\w+)")
FOR_INTEGRATIONS = re.compile(r"server\.(sdk|core|system|storage)(\.\w+)*")
INSIDE = (
    grimp.Layer("routes", "commands"),
    grimp.Layer("service"),
    grimp.Layer("adapter", "store", "fake"),
    grimp.Layer("models"),
)
WITHOUT_HTTP = r"server\.integrations\.\w+\.(service|adapter|store|models)(\.\w+)*"
IMPORTERS = {
    "authlib": r"server\.access\.oauth\.\w+",
    "mcp": r"server\.(projections\.mcp|integrations\.\w+\.(adapter|fake))\.\w+",
    "mcp_types": r"server\.(projections\.mcp|integrations\.\w+\.(adapter|fake))\.\w+",
    "alembic": r"server\.storage\..+",
    "fastapi": r"server\.(http|sdk|access|integrations|runtime|projections|public|local|commandline)\..+",
    "google": r"server\.integrations\.\w+\.adapter\.\w+",
    "google_auth_oauthlib": r"server\.integrations\.\w+\.adapter\.\w+",
    "googleapiclient": r"server\.integrations\.\w+\.adapter\.\w+",
    "httplib2": r"server\.integrations\.\w+\.adapter\.\w+",
    "idna": r"server\.core\.domains",
    "jsonschema_rs": r"server\.sdk\.tool_schema",
    "keyring": r"server\.storage\.keyrings",
    "limits": r"server\.core\.rates|server\.access\..+",
    "msgspec": r"server\.integrations\.\w+\.(history\.\w+|store\.imported|imports\.reading_process)",
    "nh3": r"server\.integrations\.\w+\.mime\.outgoing_html",
    "selectolax": r"server\.integrations\.\w+\.mime\.html",
    "psutil": r"server\.system\.(processes|port_owners)",
    "pyngrok": r"server\.tunnel\.ngrok",
    "regex": r"server\.core\.invisible",
    "AppKit": r"desktop\.tray\.backends",
    "PIL": r"desktop\.tray\.icon|server\.integrations\.\w+\.(mime\.html_colors|live\.image_tokens)",
    "Xlib": r"desktop\.tray\.backends",
    "gi": r"desktop\.(tray\.(backends|clipboard)|window\.webview_process)",
    "openai": r"server\.integrations\.\w+\.adapter\.\w+",
    "genai_prices": r"server\.integrations\.\w+\.adapter\.\w+",
    "pystray": r"desktop\.tray\.tray",
    "sqlalchemy": r"server\.(storage|access)\..+|server\.(tunnel|integrations\.\w+)\.(tables|store(\.\w+)?)"
    r"|server\.outbound\.webhooks\.(tables|store|outbox)",
    "standardwebhooks": r"server\.outbound\.webhooks\.signing",
    "tinydb": r"server\.storage\.settings",
    "uvicorn": r"server\.http\.\w+|server\.sdk\.fake_server",
    "wakepy": r"server\.system\.sleep_inhibitor",
    "webview": r"desktop\.window\.webview_process",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("desktop", "server", include_external_packages=True, cache_dir=None)


def package_of(module: str) -> str:
    """Name the package of a level: `core` of server.core.text, `desktop` of everything there."""
    return module.split(".")[1] if module.startswith("server.") else module.split(".", maxsplit=1)[0]


def list_imports(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    """List the imports of our own modules by our own."""
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            if imported.startswith(("server.", "desktop.")):
                yield importer, imported


def find_cycles(graph: grimp.ImportGraph) -> list[set[str]]:
    """Find the sets of modules that reach each other: each module's own chains, cut down to those that lead back."""
    cycles: list[set[str]] = []
    for module in graph.modules:
        if module.startswith(("server.", "desktop.")) and not any(module in cycle for cycle in cycles):
            cycle = graph.find_downstream_modules(module) & graph.find_upstream_modules(module)
            cycles += [cycle | {module}] if cycle else []
    return cycles


def test_every_module_is_in_a_package():
    assert {path.name for path in (ROOT / "server").glob("*.py")} == {"__init__.py", "__main__.py"}
    assert {path.parent.name for path in (ROOT / "server").glob("*/__init__.py")} | {"__main__", "desktop"} == set(RANKS)


def test_imports_only_go_down_the_levels(graph):
    upward = [
        f"{importer} imports {imported}"
        for importer, imported in list_imports(graph)
        if (above := package_of(importer)) != (below := package_of(imported)) and RANKS[above] <= RANKS[below]
    ]
    assert upward == []


def test_files_do_not_import_each_other(graph):
    assert find_cycles(graph) == []


def test_import_cycle_is_detected():
    graph = grimp.ImportGraph()
    for importer, imported in (("server.a", "server.b"), ("server.b", "server.c"), ("server.c", "server.a")):
        graph.add_import(importer=importer, imported=imported)
    assert find_cycles(graph) == [{"server.a", "server.b", "server.c"}]


def test_integration_imports_the_sdk_and_itself_only(graph):
    others = [
        f"{importer} imports {imported}"
        for importer, imported in list_imports(graph)
        if (integration := INTEGRATION.match(importer))
        and not imported.startswith(integration[0])
        and not FOR_INTEGRATIONS.fullmatch(imported)
    ]
    assert others == []


def test_integrations_are_imported_by_no_other_package(graph):
    importers = [
        f"{importer} imports {imported}"
        for importer, imported in list_imports(graph)
        if INTEGRATION.match(imported) and not INTEGRATION.match(importer)
    ]
    assert importers == []


def test_imports_inside_an_integration_are_acyclic(graph):
    containers = set(graph.find_children("server.integrations"))
    assert graph.find_illegal_dependencies_for_layers(layers=INSIDE, containers=containers) == set()


def test_rules_of_an_integration_do_not_import_http(graph):
    importers = graph.find_modules_that_directly_import("fastapi")
    assert [name for name in importers if re.fullmatch(WITHOUT_HTTP, name)] == []


@pytest.mark.parametrize("library", IMPORTERS)
def test_library_is_imported_in_one_package(graph, library):
    importers = graph.find_modules_that_directly_import(library) if library in graph.modules else set()
    assert [name for name in importers if not re.fullmatch(IMPORTERS[library], name)] == []
