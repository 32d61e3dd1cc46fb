"""The tests notice small wrong changes in guarding code. `--long` tries all of the table; otherwise five, chosen by the commit.

The table is the lists named MUTANTS in the modules beside this one.
"""

import hashlib
import importlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mutants.mutant import Mutant

NO_TABLES = {"mutant", "test_mutants"}
TABLES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in NO_TABLES)
MUTANTS: list[Mutant] = [mutant for name in TABLES for mutant in importlib.import_module(f"tests.mutants.{name}").MUTANTS]
SAMPLE = 5
MUTANT_SECONDS = 300  # for the tests of one mutant on a busy machine
HANGING_SECONDS = 120  # after which one test hangs, by which a mutant is noticed too
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "node_modules", ".*_cache", ".hypothesis", "pictures")


def name_of(mutant: Mutant) -> str:
    return f"{mutant.path}:{hashlib.sha256((mutant.before + mutant.after).encode()).hexdigest()[:6]}"


def read(mutant: Mutant) -> str:
    return (ROOT / mutant.path).read_text(encoding="utf-8")


def is_defined(test: str) -> bool:
    """Return whether a file of tests, or a test in it, exists."""
    file, _, name = test.partition("::")
    return (ROOT / file).exists() and (not name or f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8"))


def read_commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try the whole table with `--long`, else a sample that is the same in every process that tests this commit."""
    if "mutant" in metafunc.fixturenames:
        every = bool(metafunc.config.getoption("--long"))
        chosen = MUTANTS if every else random.Random(read_commit()).sample(MUTANTS, SAMPLE)
        metafunc.parametrize("mutant", chosen, ids=name_of)


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the checkout that may be changed."""
    copy = tmp_path_factory.mktemp("mutants") / "deskhand"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    yield copy
    shutil.rmtree(copy)


def run_tests(tree: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run tests of the copy, where `server` and `desktop` are the copy's."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--timeout={HANGING_SECONDS}", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in [name for name in environment if name.startswith("PYTEST_")]:
        del environment[name]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=MUTANT_SECONDS, check=False)


def test_table_covers_guarding_code() -> None:
    assert len(MUTANTS) >= 150
    assert len(set(map(name_of, MUTANTS))) == len(MUTANTS)


def test_table_fits_the_code_as_it_is() -> None:
    assert [
        name_of(mutant) for mutant in MUTANTS if read(mutant).count(mutant.before) != 1 or mutant.after == mutant.before
    ] == []
    assert [test for test in {test for mutant in MUTANTS for test in mutant.tests} if not is_defined(test)] == []


@pytest.mark.timeout(MUTANT_SECONDS + 60)
def test_mutant_is_noticed(mutant: Mutant, tree: Path) -> None:
    file = tree / mutant.path
    original = file.read_text(encoding="utf-8")
    file.write_text(original.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        done = run_tests(tree, mutant.tests)
    finally:
        file.write_text(original, encoding="utf-8")
    noticed = done.returncode == 1 and " failed" in done.stdout
    assert noticed, f"{mutant}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
