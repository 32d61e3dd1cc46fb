import asyncio

import pytest

from server.core.errors import NotFound, UpstreamFailed
from server.projections.mcp.search_tools import fetch, find_usable, make_tools, search
from server.sdk.search import Document, Lookup, Reading, Result, Search


def make_lookup(prefix):
    def read_search(answer, address):
        return [Result(document_id, document_id.title(), f"{address}/{document_id}") for document_id in answer]

    def read_document(answer, address):
        return Document(answer, f"All of {answer}", address, {"kind": prefix})

    search = Search(f"find_{prefix}", lambda query: {"q": query}, read_search)
    return Lookup(prefix, search, Reading(f"read_{prefix}", lambda requested_id: {"id": requested_id}, read_document))


LOOKUPS = [make_lookup("mail"), make_lookup("omi")]
ANSWERS = {"find_mail": ["a", "b", "c"], "find_omi": ["d"], "read_mail": "letter"}


async def ask(operation, arguments):
    answer = ANSWERS.get(operation, NotFound("Not this."))
    if isinstance(answer, Exception):
        raise answer
    assert arguments in ({"q": "words"}, {"id": "18:x"})
    return answer


def look(query="words", asking=ask):
    return asyncio.run(search(LOOKUPS, asking, query, "https://here"))


def test_results_of_several_lookups_alternate():
    results = look().structured["results"]
    assert [result["id"] for result in results] == ["mail:a", "omi:d", "mail:b", "mail:c"]
    assert results[0] == {"id": "mail:a", "title": "A", "url": "https://here/a"}
    assert len(look().texts) == 1


def test_failing_lookup_does_not_hide_the_others():
    async def half(operation, arguments):
        if operation == "find_mail":
            raise UpstreamFailed("Gmail does not answer.")
        return await ask(operation, arguments)

    answer = look(asking=half)
    assert [result["id"] for result in answer.structured["results"]] == ["omi:d"]
    assert answer.structured["problems"] == ["Gmail does not answer."]


def test_failure_of_all_lookups_is_explained():
    async def fail(operation, _):
        raise UpstreamFailed(f"{operation} is off.")

    answer = look(asking=fail)
    assert answer.failed
    assert answer.texts == ("find_mail is off. find_omi is off.",)


def test_unforeseen_error_of_a_lookup_is_logged_and_does_not_hide_the_others(caplog):
    async def break_down(operation, arguments):
        return 1 / 0 if operation == "find_mail" else await ask(operation, arguments)

    answer = look(asking=break_down)
    assert [result["id"] for result in answer.structured["results"]] == ["omi:d"]
    assert "mail" in answer.structured["problems"][0]
    assert "ZeroDivisionError" in caplog.text


def test_search_of_a_caller_who_went_away_ends():
    async def cancel(*_):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        look(asking=cancel)


def test_document_is_fetched_by_its_whole_id():
    answer = asyncio.run(fetch(LOOKUPS, ask, "mail:18:x", "https://here"))
    assert answer.structured == {
        "id": "mail:18:x",
        "title": "letter",
        "text": "All of letter",
        "url": "https://here",
        "metadata": {"kind": "mail"},
    }


@pytest.mark.parametrize("document_id", ["", "mail", "mail:", "book:1", "omi:1"])
def test_unknown_id_is_a_failure_with_a_sentence(document_id):
    answer = asyncio.run(fetch(LOOKUPS, ask, document_id, "https://here"))
    assert answer.failed
    assert answer.texts[0]


def test_lookups_of_a_client_are_those_it_may_search_and_read():
    assert find_usable(LOOKUPS, {"find_mail", "read_mail", "find_omi"}) == LOOKUPS[:1]
    assert make_tools([], ()) == []
    searching, fetching = make_tools(LOOKUPS, ("read:mail",))
    assert (searching.name, fetching.name) == ("search", "fetch")
    assert "mail, omi" in searching.description
