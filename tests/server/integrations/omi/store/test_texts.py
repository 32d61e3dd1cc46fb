from sqlalchemy import text

from server.integrations.omi.store import texts
from server.integrations.omi.transcript_search import OmiSearch
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
