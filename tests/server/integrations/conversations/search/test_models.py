from server.integrations.conversations.library.library import decode_cursor, encode_cursor
from server.integrations.conversations.search.models import SearchPlace, SourcePlace


def test_place_of_a_search_fits_into_a_cursor() -> None:
    sources = {name: SourcePlace(key=2**62, ranked=True) for name in ("live", "archive", "transcripts")}
    last = (-1.2345678901234567e-05, -1795348800.1234567, "transcripts 4611686018427387904 title")
    place = SearchPlace(sources=sources, last=last, now=1795348800.1234567)
    cursor = encode_cursor(place)
    assert decode_cursor(SearchPlace, cursor) == place
    assert len(cursor) <= 500  # as much as operations take
