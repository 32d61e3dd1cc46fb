"""Applies mutants to a copy of the sources, and runs their tests there.

python -m tests.mutants.run_mutant tests.mutants.access [--only TEXT]
"""

import argparse
import importlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__", ".*_cache")
SECONDS = 300


def copy_sources(folder: Path) -> Path:
    """Copy what the tests need."""
    return Path(shutil.copytree(ROOT, folder / "copy", ignore=LEFT_OUT, symlinks=True))


def is_noticed(copy: Path, mutant: Mutant) -> bool:
    """Whether one of its tests fails. Raises ValueError for a mutant that does not fit the sources or has no such test."""
    file = copy / mutant.path
    source = file.read_text()
    if source.count(mutant.before) != 1:
        raise ValueError(f"{mutant.path}: {mutant.before!r} occurs {source.count(mutant.before)} times")
    file.write_text(source.replace(mutant.before, mutant.after))
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(source)
    if done.returncode not in {0, 1, 2}:
        raise ValueError(f"{mutant.path}: pytest ended with {done.returncode}: {done.stdout[-500:]}")
    return done.returncode != 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Run mutants.")
    parser.add_argument("module")
    parser.add_argument("--only", default="", help="run those that contain this text")
    arguments = parser.parse_args()
    mutants: list[Mutant] = importlib.import_module(arguments.module).MUTANTS
    chosen = [mutant for mutant in mutants if arguments.only in f"{mutant.path} {mutant.before} {mutant.after}"]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_sources(Path(folder))
        for mutant in chosen:
            noticed = is_noticed(copy, mutant)
            missed += not noticed
            print("noticed" if noticed else "MISSED ", mutant.path, repr(mutant.before), "->", repr(mutant.after), flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} noticed")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
