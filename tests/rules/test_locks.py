"""The locks fit pyproject.toml and each other, and name no address: whoever installs, installs from where they always do.

CONTRIBUTING.md says how they are made anew.
"""

import json
import re
import tomllib
from importlib.metadata import distributions, version

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = ROOT / "requirements.lock"
TEST = ROOT / "tests" / "requirements.lock"
BUILD = ROOT / "ui" / "requirements.lock"


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    pins = [re.match(r"([\w.-]+)==([\w.+!-]+)(?: ; (.+?))?(?: \\)?$", line) for line in lines]
    return {(normalise(pin[1]), pin[3]): pin[2] for pin in pins if pin}


def names_of(requirements):
    return {normalise(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements}


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        (RUN, PROJECT["project"]["dependencies"]),
        (TEST, PROJECT["dependency-groups"]["test"]),
        (BUILD, PROJECT["dependency-groups"]["build"]),
    ],
    ids=["run", "test", "build"],
)
def test_lock_covers_the_declared_requirements(lock, wanted):
    assert names_of(wanted) <= {name for name, _ in read_pins(lock)}


def test_locks_agree():
    run, test, build = map(read_pins, (RUN, TEST, BUILD))
    assert run.items() <= test.items()
    assert {key: pin for key, pin in build.items() if key in test}.items() <= test.items()


def test_build_requirements_are_in_the_group_that_is_locked():
    assert set(PROJECT["build-system"]["requires"]) <= set(PROJECT["dependency-groups"]["build"])


def test_installed_packages_have_what_they_require():
    """Check what `pip check` does, for the locks are installed with --no-deps."""
    for distribution in distributions():
        for requirement in map(Requirement, distribution.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                installed = version(requirement.name)
                assert requirement.specifier.contains(installed, prereleases=True), f"{distribution.name} needs {requirement}"


@pytest.mark.parametrize("lock", [RUN, TEST, BUILD], ids=["run", "test", "build"])
def test_lock_has_hashes_and_no_url(lock):
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert text.count("==") - text.count(" == ") == len(re.findall(r"^\S.*\\\n    --hash=sha256:", text, re.MULTILINE))


@pytest.mark.parametrize("folder", ["ui", "tests/checks/node"])
def test_npm_lock_has_no_registry_url(folder):
    packages = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert [name for name, package in packages.items() if "integrity" not in package] == [""]
