"""A small wrong change in guarding code, and the tests that must notice it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`before` occurs exactly once in the file at `path` and becomes `after`; one of `tests` (pytest's files or node ids) fails then."""

    path: str
    before: str
    after: str
    tests: tuple[str, ...]
