"""The tests mirror the sources file by file."""

from tests.conftest import ROOT
from tests.rules.sources import SOURCES, name_of

NEEDS_NO_TWIN = {"__init__.py", "__main__.py"}
MIRRORED = [
    path for path in SOURCES if path.name not in {*NEEDS_NO_TWIN, "env.py"} and not path.parent.name.endswith("migrations")
]


def test_every_source_file_has_its_mirrored_test_file():
    twins = [f"tests/{name_of(path.with_name(f'test_{path.name}'))}" for path in MIRRORED]
    assert [twin for twin in twins if not (ROOT / twin).is_file()] == []


def test_test_packages_shadow_no_package_of_ours():
    packages = {path.parent for path in (ROOT / "tests").rglob("__init__.py")}
    assert packages == {ROOT / "tests" / "server" / "sdk" / "example"}, "that one is copied to where it is imported"
