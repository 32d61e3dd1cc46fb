"""Wrong changes in storage: what is acknowledged is on the disk, and nobody else reads it."""

from tests.mutants.mutant import Mutant

MUTANTS: list[Mutant] = []
