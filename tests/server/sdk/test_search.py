from server.sdk.integration import IntegrationSpec
from server.sdk.search import Document, Lookup, Reading, Result, Search


def test_integration_declares_its_lookups() -> None:
    search = Search(
        "find", lambda query: {"words": query}, lambda answer, at: [Result(name, name, f"{at}/{name}") for name in answer]
    )
    reading = Reading(
        "read", lambda document_id: {"name": document_id}, lambda answer, at: Document(answer, answer, f"{at}/{answer}")
    )
    parts = IntegrationSpec(start=lambda _: None, lookups=(Lookup("note", search, reading),))
    (lookup,) = parts.lookups
    assert lookup.search.read(["a"], "https://here") == [Result("a", "a", "https://here/a")]
    assert lookup.reading.read("a", "https://here") == Document("a", "a", "https://here/a", {})
