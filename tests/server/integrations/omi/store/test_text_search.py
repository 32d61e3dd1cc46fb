import pytest

from server.storage import text_search
from server.storage.text_match import LONGEST_SCORED
from tests.server.integrations.omi.pendant import find_heard as find
from tests.server.integrations.omi.pendant import make_memory


@pytest.mark.parametrize(
    "query", ["timeline", '"let s plan"', "TIMEL*", "title:talk", "plan -budget", "what comes", "timeline -title:plan"]
)
def test_title_overview_and_transcript_are_found(pendant, query: str) -> None:
    pendant.send(make_memory())
    assert find(pendant, query) == ["c1"]


@pytest.mark.parametrize("query", ["budget", "title:plan", "plan -timeline", "plan -title:talk", '"plan let"'])
def test_words_that_a_conversation_lacks_do_not_find_it(pendant, query: str) -> None:
    pendant.send(make_memory())
    assert find(pendant, query) == []


def test_beginning_of_too_many_words_may_stand_far_behind(pendant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_search, "MOST_PAGES", -100)
    pendant.send(make_memory(structured={"overview": f"{'x ' * LONGEST_SCORED} melon"}))
    assert find(pendant, "mel* plan") == ["c1"]
    assert find(pendant, "timeline -mel*") == []


def test_times_narrow_a_search(pendant) -> None:
    pendant.send(make_memory())
    assert find(pendant, "timeline", after=1_795_000_000) == ["c1"]
    assert find(pendant, "timeline", before=1_795_000_000) == []


def test_waiting_account_is_not_found_until_it_is_accepted(pendant) -> None:
    pendant.send(make_memory(), uid="new")
    assert find(pendant, "timeline") == []
    pendant.accept("new")
    assert find(pendant, "timeline") == ["c1"]
