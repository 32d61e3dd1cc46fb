"""One folder is one integration."""

import ast
import re

import pytest

from tests.rules.sources import INTEGRATIONS, describe

PARTS = {"__init__", "models", "adapter", "store", "service", "routes", "fake", "commands"}
REVISION = ("revision", "down_revision", "branch_labels")
NO_NOUNS = {"utils", "util", "helper", "helpers", "common", "misc", "manager", "base", "core"}


@pytest.fixture(params=INTEGRATIONS, ids=lambda folder: folder.name)
def folder(request):
    return request.param


def test_descriptor_matches_its_folder(folder):
    integration = describe(folder)
    assert integration.name == folder.name
    assert integration.title
    assert integration.prefixes
    assert all(re.fullmatch(r"(/[\w.-]+)+", prefix) for prefix in integration.prefixes)


def test_first_line_of_the_docstring_describes_the_integration(folder):
    first = (folder / "__init__.py").read_text(encoding="utf-8").partition("\n")[0]
    assert re.fullmatch(r'"""[A-Z].+\."""', first)


def test_its_files_are_the_parts_of_an_integration_or_nouns_split_off(folder):
    for name in {path.stem for path in folder.glob("*.py")} - PARTS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)?", name), name
        assert name not in NO_NOUNS


def test_integration_has_its_documentation_page_and_tests(folder):
    assert (folder.parents[2] / "docs" / "integrations" / f"{folder.name}.md").is_file()
    assert (folder.parents[2] / "tests" / "server" / "integrations" / folder.name).is_dir()


def read_assignments(path):
    """The values of the names at the top of a migration."""
    assignments = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    return {node.targets[0].id: ast.literal_eval(node.value) for node in assignments if node.targets[0].id in REVISION}


@pytest.mark.parametrize("kind", ["migrations", "archive_migrations"])
def test_migrations_are_a_chain_named_after_the_integration(folder, kind):
    previous = {}
    for path in sorted((folder / kind).glob("*.py")):
        branch, number = re.fullmatch(r"([a-z_]+)_(\d{4})_\w+", path.stem).groups()
        assert branch.startswith(folder.name), path.name
        labels = None if branch in previous else (branch,)
        expected = (f"{branch}_{number}", previous.get(branch), labels)
        assert tuple(read_assignments(path).get(name) for name in REVISION) == expected, path.name
        assert int(number) == int((previous.get(branch) or "0").rpartition("_")[2]) + 1, path.name
        previous[branch] = expected[0]
