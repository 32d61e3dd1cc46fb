import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from server.integrations import omi
from server.integrations.omi.store import texts
from server.integrations.omi.transcript_search import OmiSearch
from server.storage.migrations import migrate
from tests.server.integrations.omi.pendant import find_heard as find
from tests.server.integrations.omi.pendant import make_memory


def count_indexed(pendant) -> int:
    return pendant.read(lambda connection: connection.execute(text("SELECT count(*) FROM omi_text_index")).scalar_one())


def test_changed_conversation_is_found_by_its_new_words_only(pendant) -> None:
    pendant.send(make_memory())
    pendant.send(make_memory(structured={"title": "验证码 meeting"}, updated_at="2026-11-21T00:00:00Z"))
    assert find(pendant, "timeline") == []
    assert find(pendant, "验证") == ["c1"]
    assert count_indexed(pendant) == 1


def test_deleted_conversation_leaves_the_index(pendant) -> None:
    pendant.send(make_memory())
    pendant.run(pendant.omi.memories.delete_conversation("c1"))
    assert find(pendant, "timeline") == []
    assert count_indexed(pendant) == 0


def test_forgotten_account_leaves_the_index(pendant) -> None:
    pendant.send(make_memory())
    pendant.run(pendant.omi.sources.forget("me"))
    assert count_indexed(pendant) == 0


def test_expired_conversation_leaves_the_index(pendant) -> None:
    pendant.send(make_memory())
    pendant.set(keep_days=1)
    pendant.clock.move(days=5)
    pendant.run(pendant.omi.prune())
    assert count_indexed(pendant) == 0


def test_texts_indexed_before_letters_were_replaced_leave_the_index(tmp_path: Path) -> None:
    folder = Path(omi.__file__).parent / "migrations"
    shutil.copytree(folder, tmp_path / "earlier", ignore=shutil.ignore_patterns("*_search_letters.py", "__pycache__"))
    path = tmp_path / "a.db"
    migrate(path, [tmp_path / "earlier"])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO omi_text (key, uid, id) VALUES (1, 'me', 'c1')")
        connection.execute("INSERT INTO omi_text_index (rowid, words, singles, tags) VALUES (1, 'Ещё', '', 'omi')")
    migrate(path, [folder])
    with closing(sqlite3.connect(path)) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("omi_text", "omi_text_index")]
        assert counts == [(0,), (0,)]
        connection.execute("INSERT INTO omi_text_index(omi_text_index) VALUES ('integrity-check')")


def test_letters_for_which_others_are_written_are_found(pendant) -> None:
    pendant.send(make_memory(structured={"title": "Ещё один самолёт", "overview": "Łódź"}))
    assert find(pendant, "еще самолет lodz") == find(pendant, "ещё title:самолёт") == ["c1"]


def test_conversations_of_an_earlier_version_are_indexed(pendant) -> None:
    for number in range(texts.AT_ONCE + 5):
        pendant.send(make_memory(f"c{number}"))
    for table in ("omi_text", "omi_text_index"):
        pendant.run(
            pendant.context.database.write(
                lambda connection, table=table: connection.execute(text(f"DELETE FROM {table}")) and None
            )
        )
    assert find(pendant, "timeline") == []
    pendant.run(OmiSearch(pendant.context.database).index_missing())
    assert len(find(pendant, "timeline")) == texts.AT_ONCE + 5
