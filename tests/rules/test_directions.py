"""Who may import whom. What import-linter can say stands in pyproject.toml; here is the rest."""

import re
import subprocess
import sys

import grimp
import pytest

LINT = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"
INTEGRATION = r"server\.integrations\.\w+"
OFFERED = (
    "context|errors|events|fetch|integration|lookup|operation|processes|questions|screen|shipped|storage|strict|webhooks|words"
)
ALLOWED = re.compile(rf"\S+ ({INTEGRATION}|server\.({OFFERED}))(\..+)?|{INTEGRATION}\.commands server\.commandline\.\w+")
IMPORTERS = {
    "authlib": r"server\.access\.oauth\.\w+",
    "mcp": r"server\.projections\.mcp(\.\w+)*",
    "mcp_types": r"server\.projections\.mcp(\.\w+)*",
    "alembic": rf"server\.storage\..+|{INTEGRATION}\.migrations\..+",
    "google": rf"{INTEGRATION}\.(adapter|connection|sign_in)",
    "google_auth_oauthlib": rf"{INTEGRATION}\.(adapter|connection|sign_in)",
    "googleapiclient": rf"{INTEGRATION}\.(adapter|connection)",
    "httplib2": rf"{INTEGRATION}\.(adapter|connection)",
    "keyring": r"server\.storage\.(secrets|keyrings)",
    "psutil": r"server\.(processes|holders)",
    "pyngrok": r"server\.tunnel\.ngrok",
    "AppKit": r"desktop\.backends",
    "PIL": r"desktop\.icon",
    "Xlib": r"desktop\.backends",
    "gi": r"desktop\.(backends|clipboard|page)",
    "pystray": r"desktop\.tray",
    "sqlalchemy": rf"server\.(storage|access)\..+|(server\.tunnel|{INTEGRATION})\.(tables|(store|migrations)(\.\w+)?)",
    "tinydb": r"server\.storage\.settings",
    "wakepy": r"server\.awake",
    "webview": r"desktop\.page",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "desktop", "server", include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


def test_the_contracts_in_pyproject_are_kept(root):
    """In a process of its own, for the linter sets up logging as it likes."""
    done = subprocess.run([sys.executable, "-c", LINT], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_integration_imports_only_what_the_server_offers_it(graph):
    found = {
        f"{importer} imports {imported}"
        for importer in graph.modules
        if re.match(INTEGRATION, importer)
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.startswith("server") and not ALLOWED.fullmatch(f"{importer} {imported}")
    }
    assert found == set()


@pytest.mark.parametrize("library", IMPORTERS)
def test_an_outside_library_has_one_place(graph, library):
    importers = graph.find_modules_that_directly_import(library) if library in graph.modules else set()
    assert not [name for name in importers if not re.fullmatch(IMPORTERS[library], name)]
