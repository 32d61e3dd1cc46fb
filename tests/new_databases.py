"""New databases: in a process of tests, the migrations run for the first of each kind, and the others are copies of it."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path

from tests.conftest import ROOT

Upgrade = Callable[..., None]


def copy_new(upgrade_file: Upgrade) -> Upgrade:
    """Let `upgrade_file` make a database of our own migrations once. Those that a test has written run each time."""
    made: dict[tuple[str, ...], tuple[bytes, int]] = {}

    @wraps(upgrade_file)
    def upgrade(path: Path, folders: Sequence[Path], copies: int, **options: int) -> None:
        kind = (path.name.partition(".")[0], *map(str, folders))
        if path.exists() or not all(folder.is_relative_to(ROOT / "server") for folder in folders):
            upgrade_file(path, folders, copies, **options)
        elif kind in made:
            content, mode = made[kind]
            path.touch(mode & 0o777)
            path.write_bytes(content)
        else:
            upgrade_file(path, folders, copies, **options)
            if not path.with_name(f"{path.name}-wal").exists():
                made[kind] = (path.read_bytes(), path.stat().st_mode)

    return upgrade
