import pytest
from sqlalchemy import text

from server.integrations.omi.store import texts
from server.integrations.omi.transcript_search import OmiSearch
from server.sdk.text_search import SearchRequest, TranscriptSearch
from server.storage.text_query import parse
from tests.server.integrations.omi.pendant import make_memory


def find(pendant, query: str, **limits: float) -> list[str]:
    search = pendant.context.offers.require(TranscriptSearch)
    return [hit.chat_id for hit in pendant.run(search.search(SearchRequest(parse(query).terms, **limits), None)).hits]


def count_indexed(pendant) -> int:
    return pendant.read(lambda connection: connection.execute(text("SELECT count(*) FROM omi_text_index")).scalar_one())


@pytest.mark.parametrize("query", ["timeline", '"let s plan"', "TIMEL*", "title:talk", "plan -budget", "what comes"])
def test_title_overview_and_transcript_are_found(pendant, query: str) -> None:
    pendant.send(make_memory())
    assert find(pendant, query) == ["c1"]


@pytest.mark.parametrize("query", ["budget", "title:plan", "plan -timeline", '"plan let"'])
def test_what_a_conversation_lacks_is_not_found(pendant, query: str) -> None:
    pendant.send(make_memory())
    assert find(pendant, query) == []


def test_changed_conversation_is_found_by_its_new_words_only(pendant) -> None:
    pendant.send(make_memory())
    pendant.send(make_memory(structured={"title": "验证码 meeting"}, updated_at="2026-11-21T00:00:00Z"))
    assert find(pendant, "timeline") == []
    assert find(pendant, "验证") == ["c1"]
    assert count_indexed(pendant) == 1


def test_times_narrow_a_search(pendant) -> None:
    pendant.send(make_memory())
    assert find(pendant, "timeline", after=1_795_000_000) == ["c1"]
    assert find(pendant, "timeline", before=1_795_000_000) == []


def test_waiting_account_is_not_found_until_it_is_accepted(pendant) -> None:
    pendant.send(make_memory(), uid="new")
    assert find(pendant, "timeline") == []
    pendant.accept("new")
    assert find(pendant, "timeline") == ["c1"]


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


def test_snippet_is_the_text_as_it_was_heard(pendant) -> None:
    pendant.send(make_memory())
    search, request = pendant.context.offers.require(TranscriptSearch), SearchRequest(parse("plan").terms)
    (hit,) = pendant.run(search.search(request, None)).hits
    pieces = pendant.run(search.cut_snippets(request, [hit.key]))[hit.key]
    assert [piece.text for piece in pieces if piece.match] == ["plan"]
    assert "John: Let's" in "".join(piece.text for piece in pieces)
