import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from server.access.tables import metadata
from server.core.errors import Conflict, Unavailable
from server.outbound.webhooks import tables as webhook_tables
from server.storage import migrations
from server.storage.migrations import migrate, remove_unfinished
from server.storage.schema_versions import CORE_FOLDER, find_newest
from server.tunnel import tables as tunnel_tables
from tests.new_databases import copy_new

ROOT = Path(__file__).parents[3]
CORE = find_newest([CORE_FOLDER])["core"]
HEAD = """
import os
import sqlalchemy as sa
from alembic import op

revision = "demo_{number:04}"
down_revision = {before!r}
branch_labels = {labels!r}

def upgrade():
"""
START = """
    op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("part", sa.Column("thing", sa.Integer, sa.ForeignKey("thing.id")))
"""
DIE_HALFWAY = """
    op.add_column("thing", sa.Column("colour", sa.Text))
    if os.environ.get("DIE"):
        os.kill(os.getpid(), 9)
    with op.batch_alter_table("thing") as thing:
        thing.add_column(sa.Column("weight", sa.Float))
"""


@pytest.fixture(autouse=True)
def migrations_run_each_time(monkeypatch) -> None:
    """Undo what tests/new_databases.py does for the tests that are not about migrations."""
    monkeypatch.setattr(migrations, "upgrade_file", getattr(migrations.upgrade_file, "__wrapped__", migrations.upgrade_file))


def test_copied_database_equals_the_one_that_migrations_made(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(migrations, "upgrade_file", copy_new(migrations.upgrade_file))
    databases = [tmp_path / "first" / "deskhand.db", tmp_path / "second" / "deskhand.db"]
    for database in databases:
        database.parent.mkdir()
        migrate(database)
        monkeypatch.setattr(migrations, "run_alembic", None)  # the second must not need it
    first, second = ([ask(path, "SELECT * FROM sqlite_master"), ask(path, "PRAGMA journal_mode")] for path in databases)
    assert first == second
    assert len(first[0]) > 20
    assert databases[0].stat().st_mode == databases[1].stat().st_mode


def add_revision(folder: Path, number: int, body: str) -> None:
    before, labels = (f"demo_{number - 1:04}", None) if number > 1 else (None, ("demo",))
    folder.mkdir(exist_ok=True)
    head = HEAD.format(number=number, before=before, labels=labels)
    folder.joinpath(f"demo_{number:04}_step.py").write_text(head + body)


def ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def resolve(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def versions(path: Path) -> list[object]:
    return [row[0] for row in ask(path, "SELECT version_num FROM alembic_version ORDER BY 1")]


def columns(path: Path, table: str) -> list[object]:
    return [row[1] for row in ask(path, f"PRAGMA table_info({table})")]


def start(path: Path, folder: Path, **environment: str) -> subprocess.Popen[str]:
    script = """
import sys
from pathlib import Path
from server.storage.migrations import migrate
migrate(Path(sys.argv[1]), [Path(sys.argv[2])])
print("alembic" in sys.modules)
"""
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path), str(folder)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "deskhand.db"


@pytest.fixture(autouse=True)
def folder(path: Path, tmp_path: Path) -> Path:
    path.parent.mkdir()
    folder = tmp_path / "100% demo"
    add_revision(folder, 1, START)
    return folder


def test_new_database_has_the_tables_that_access_uses(path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        all_tables = [metadata, tunnel_tables.metadata, webhook_tables.metadata]
        assert compare_metadata(MigrationContext.configure(connection), all_tables) == []
    engine.dispose()
    assert versions(path) == [CORE]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_name_of_revoked_client_is_free_again(path: Path) -> None:
    migrate(path)
    client = "INSERT INTO client VALUES ('{}', 'bot', '[]', '{{}}', NULL, '', {})"
    resolve(path, client.format("a", "'now'"), client.format("b", "'now'"), client.format("c", "NULL"))
    with pytest.raises(sqlite3.IntegrityError):
        resolve(path, client.format("d", "NULL"))


def test_activity_ids_are_never_reused(path: Path) -> None:
    migrate(path)
    row = "INSERT INTO activity VALUES (NULL, '', NULL, '', '', '', 0, '', '', '', NULL, NULL, NULL, NULL, NULL)"
    resolve(path, row, "DELETE FROM activity", row)
    assert ask(path, "SELECT id FROM activity") == [(2,)]


def test_each_migrations_folder_is_a_branch(path: Path, folder: Path) -> None:
    migrate(path)
    migrate(path, [folder])
    assert versions(path) == [CORE, "demo_0001"]
    assert columns(path, "thing") == ["id"]


def test_alembic_is_imported_only_for_pending_revisions(path: Path, folder: Path) -> None:
    answers = [start(path, folder).communicate()[0].strip() for _ in range(2)]
    assert answers == ["True", "False"]


def test_migration_keeps_the_three_newest_copies(path: Path, folder: Path) -> None:
    migrate(path, [folder])
    assert list(path.parent.glob("*before*")) == []
    for number in range(2, 7):
        resolve(path, f"INSERT INTO thing (id) VALUES ({number})")
        add_revision(folder, number, f"    op.create_table('more{number}', sa.Column('id', sa.Integer))")
        migrate(path, [folder])
    names = sorted(copy.name for copy in path.parent.glob("*before*"))
    assert names == [f"deskhand.before-demo_000{number}.db" for number in (4, 5, 6)]
    last = path.with_name(names[-1])
    assert versions(last) == [CORE, "demo_0005"]
    assert ask(last, "SELECT max(id) FROM thing") == [(6,)]


def test_newer_database_is_refused_and_left_alone(path: Path, folder: Path) -> None:
    migrate(path, [folder])
    resolve(path, "UPDATE alembic_version SET version_num = 'demo_0007' WHERE version_num = 'demo_0001'")
    add_revision(folder, 2, DIE_HALFWAY)
    with pytest.raises(Conflict, match="newer Deskhand"):
        migrate(path, [folder])
    assert versions(path) == [CORE, "demo_0007"]


def test_removed_integration_keeps_its_version_until_it_returns(path: Path, folder: Path) -> None:
    migrate(path, [folder])
    resolve(path, "INSERT INTO thing (id) VALUES (1)")
    other = folder.with_name("other")
    other.mkdir()
    text = folder.joinpath("demo_0001_step.py").read_text().replace("demo", "other").replace("thing", "item")
    other.joinpath("other_0001_step.py").write_text(text.replace("part", "piece"))
    migrate(path)
    migrate(path, [other])
    assert versions(path) == [CORE, "demo_0001", "other_0001"]
    add_revision(folder, 2, DIE_HALFWAY)
    migrate(path, [folder])
    assert versions(path) == [CORE, "demo_0002", "other_0001"]
    assert ask(path, "SELECT id, weight FROM thing") == [(1, None)]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no kill -9.")
def test_killed_migration_is_rolled_back_and_next_starts_take_turns(path: Path, folder: Path) -> None:
    migrate(path, [folder])
    resolve(path, "INSERT INTO thing (id) VALUES (1)")
    add_revision(folder, 2, DIE_HALFWAY)
    with start(path, folder, DIE="1") as killed:
        assert killed.wait() == -9
    assert versions(path) == [CORE, "demo_0001"]
    assert columns(path, "thing") == ["id"]
    starters = [start(path, folder) for _ in range(3)]
    for starter in starters:
        starter.communicate()
        assert starter.returncode == 0
    assert versions(path) == [CORE, "demo_0002"]
    assert ask(path, "SELECT id, colour, weight FROM thing") == [(1, None, None)]


def test_simultaneous_first_starts_all_succeed(path: Path, folder: Path) -> None:
    starters = [start(path, folder) for _ in range(4)]
    for starter in starters:
        starter.communicate()
    assert [starter.returncode for starter in starters] == [0] * 4
    assert versions(path) == [CORE, "demo_0001"]


DIE_AT_FIRST = START + '    if os.environ.get("DIE"):\n        os.kill(os.getpid(), 9)\n'


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no kill -9.")
def test_first_start_that_was_killed_leaves_no_database(path: Path, folder: Path) -> None:
    add_revision(folder, 1, DIE_AT_FIRST)
    with start(path, folder, DIE="1") as killed:
        assert killed.wait() == -9
    assert not path.exists()
    assert list(path.parent.iterdir())
    remove_unfinished(path)
    assert not list(path.parent.iterdir())
    migrate(path, [folder])
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_failed_migration_is_rolled_back(path: Path, folder: Path) -> None:
    migrate(path, [folder])
    add_revision(folder, 2, "    op.drop_table('part')\n    raise ValueError('a mistake')")
    with pytest.raises(ValueError, match="a mistake"):
        migrate(path, [folder])
    assert versions(path) == [CORE, "demo_0001"]
    assert columns(path, "part") == ["thing"]


def test_migration_with_orphaned_rows_is_refused(path: Path, folder: Path) -> None:
    migrate(path, [folder])
    resolve(path, "INSERT INTO thing (id) VALUES (1)", "INSERT INTO part (thing) VALUES (1)")
    add_revision(folder, 2, "    op.execute('DELETE FROM thing')")
    with pytest.raises(RuntimeError, match="without their parent"):
        migrate(path, [folder])
    assert ask(path, "SELECT id FROM thing") == [(1,)]


def test_damaged_file_is_reported_with_a_sentence(path: Path) -> None:
    path.write_bytes(b"no database, whatever its name says. " * 100)
    with pytest.raises(Unavailable, match="damaged"):
        migrate(path)
