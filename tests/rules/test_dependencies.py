"""Each library that is imported is asked for in pyproject.toml, rather than being there because another one needs it."""

import importlib.metadata
import re
import sys
import tomllib

import grimp

OURS = ("desktop", "server")
PART_OF_ANOTHER = {
    "pydantic-core",
    "mcp-types",
    "anyio",
    "python-xlib",
}  # one version of the first two fits one of pydantic and of mcp; mcp's streams are anyio's; the last is pystray's, on Linux
FROM_THE_SYSTEM = {
    "gi",
    "AppKit",
    "PyObjCTools",
}  # toolkits: desktop/toolkit.py finds the first, pystray brings the others on macOS


def normalise(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def test_imported_packages_are_declared(root):
    graph = grimp.build_graph(*OURS, include_external_packages=True, cache_dir=None)
    outside = {name for name in graph.modules if name.partition(".")[0] not in OURS} - sys.stdlib_module_names - FROM_THE_SYSTEM
    owners = importlib.metadata.packages_distributions()
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {normalise(requirement) for requirement in project["dependencies"]} | PART_OF_ANOTHER
    assert [name for name in outside if not {normalise(owner) for owner in owners.get(name, [])} & declared] == []
