"""A small wrong change in guarding code, and the tests that must notice it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`before` occurs once in the file at `path` and becomes `after`; then one of `tests` (pytest files or node ids) fails."""

    path: str
    before: str
    after: str
    tests: tuple[str, ...]
