from server.sdk.text_search import SearchRequest, TranscriptSearch
from server.storage.text_query import parse
from tests.server.integrations.omi.pendant import make_memory


def test_snippet_is_the_text_as_it_was_heard(pendant) -> None:
    pendant.send(make_memory())
    search, request = pendant.context.offers.require(TranscriptSearch), SearchRequest(parse("plan").terms)
    (hit,) = pendant.run(search.search(request, None)).hits
    pieces = pendant.run(search.cut_snippets(request, [hit]))[hit.key]
    assert [piece.text for piece in pieces if piece.match] == ["plan"]
    assert "John: Let's" in "".join(piece.text for piece in pieces)
