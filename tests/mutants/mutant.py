"""A small wrong change in the sources that tests must notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A change of one file. `before` occurs exactly once in it; `tests`: files or node ids of which at least one must fail."""

    path: str
    before: str
    after: str
    tests: tuple[str, ...]
