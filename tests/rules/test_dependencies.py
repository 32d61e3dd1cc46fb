"""Each library that is imported is asked for in pyproject.toml, even if another one needs it too; and no other library is."""

import importlib.metadata
import re
import sys
import tomllib

import grimp
import pytest

OURS = ("desktop", "server")
PART_OF_ANOTHER = {
    "pydantic-core",
    "mcp-types",
    "anyio",
    "python-xlib",
}  # one version of the first two fits one of pydantic and of mcp; mcp's streams are anyio's; the last is pystray's, on Linux
BY_NAME = {"httptools"}  # uvicorn imports them, as server/http names their classes
FROM_THE_SYSTEM = {
    "gi",
    "AppKit",
    "PyObjCTools",
}  # toolkits: desktop/toolkit.py finds the first, pystray brings the others on macOS


def normalise(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


@pytest.fixture(scope="module")
def outside():
    """The top-level modules that are imported, each with the packages that may bring it."""
    graph = grimp.build_graph(*OURS, include_external_packages=True, cache_dir=None)
    names = {name for name in graph.modules if name.partition(".")[0] not in OURS} - sys.stdlib_module_names
    owners = importlib.metadata.packages_distributions()
    return {name: {normalise(owner) for owner in owners.get(name, [])} for name in names}


@pytest.fixture(scope="module")
def declared(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {normalise(requirement) for requirement in project["dependencies"]}


def test_imported_packages_are_declared(outside, declared):
    wanted = outside.keys() - FROM_THE_SYSTEM
    assert [name for name in wanted if not outside[name] & (declared | PART_OF_ANOTHER)] == []


def test_declared_packages_are_imported(outside, declared):
    assert declared - set().union(*outside.values()) == BY_NAME
