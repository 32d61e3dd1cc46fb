import pytest

from server.integrations.conversations.history.citations import Footnotes, References, cite, collect_references
from server.integrations.conversations.history.decode import Message, Metadata, Node

LEFT = 10_000  # characters that marks may add
MARK = "\ue200cite\ue202turn0search1\ue201"
PAGE = {"title": "Page", "url": "https://example.org/p"}


def test_references_become_footnotes_in_the_order_of_the_text():
    other = "\ue200cite\ue202turn0search2\ue202turn0search1\ue201"
    references = [
        {"matched_text": MARK, "type": "grouped_webpages", "items": [PAGE]},
        {"matched_text": other, "items": [{"title": "Other", "url": "http://example.org/o", "supporting_websites": [PAGE]}]},
        {"matched_text": " ", "type": "sources_footnote", "sources": [PAGE]},
    ]
    text, sources = cite(f"B{other} A{MARK}.", Metadata(content_references=references), References(LEFT))
    assert text == "B[^1][^2] A[^2]."
    assert sources == [("Other", "http://example.org/o"), ("Page", "https://example.org/p")]


def test_mark_without_a_reference_is_resolved_by_the_search_results():
    entry = {**PAGE, "ref_id": {"turn_index": 0, "ref_type": "search", "ref_index": 1}}
    metadata = Metadata(search_result_groups=[{"domain": "example.org", "entries": [entry]}])
    references = collect_references({"hidden": Node(Message(metadata=metadata)), "none": None}, LEFT)
    assert cite(f"A{MARK}", None, references) == ("A[^1]", [("Page", "https://example.org/p")])
    assert cite("A citeturn0search1turn0search9", None, references)[0] == "A [^1]"


@pytest.mark.parametrize(
    "mark",
    [MARK, "\ue200navlist\ue202News\ue202turn0news1\ue201", "\ue200i\ue202turn0image0\ue201", MARK + "\ue203", "【3†source】"],
)
def test_mark_of_an_unknown_source_is_removed(mark):
    assert cite(f"A{mark}B", None, References(LEFT)) == ("AB", [])


def test_alternative_text_takes_the_place_of_its_mark():
    reference = {"matched_text": MARK, "type": "alt_text", "alt": "Berlin", "items": []}
    assert cite(MARK, Metadata(content_references=[reference]), References(LEFT))[0] == "Berlin"
    assert cite('\ue200entity\ue202["city","Paris","x"]\ue201', None, References(LEFT))[0] == "Paris"
    assert cite("\ue200entity\ue202no json\ue201", None, References(LEFT))[0] == ""


def test_marks_of_old_exports_are_resolved_by_place_and_by_number():
    text = "A【11†source】 B【7†source】"
    citations = [
        {"start_ix": 1, "end_ix": 12, "metadata": {"type": "webpage", **PAGE}},
        {
            "start_ix": 0,
            "end_ix": 0,
            "metadata": {"title": "B", "url": "https://example.org/b", "extra": {"cited_message_idx": 7}},
        },
    ]
    assert cite(text, Metadata(citations=citations), References(LEFT)) == (
        "A[^1] B[^2]",
        [("Page", PAGE["url"]), ("B", "https://example.org/b")],
    )


def test_file_is_cited_by_its_name():
    citation = {"start_ix": 1, "end_ix": 12, "metadata": {"type": "file", "name": "a.pdf"}}
    assert cite("A【4:0†a.pdf】", Metadata(citations=[citation]), References(LEFT))[1] == [("a.pdf", "")]


def test_brackets_of_chinese_stay():
    assert cite("【重要】 † 【注意】", None, References(LEFT))[0] == "【重要】 † 【注意】"


def test_address_of_another_scheme_is_no_link():
    reference = {"matched_text": MARK, "items": [{"title": "T", "url": "javascript:alert(1)"}]}
    assert cite(MARK, Metadata(content_references=[reference]), References(LEFT))[1] == [("T", "")]


@pytest.mark.parametrize(
    "value", [5, "x", [None], [{"matched_text": 5}], [{"matched_text": MARK, "items": 5}], [{"items": [{"refs": 5}]}]]
)
def test_references_of_a_wrong_form_cost_nothing(value):
    metadata = Metadata(content_references=value, citations=value, search_result_groups=value)
    assert cite(f"A{MARK}", metadata, collect_references({"n": Node(Message(metadata=metadata))}, LEFT))[0] == "A"


def test_each_mark_is_resolved_once(monkeypatch):
    named = []
    monkeypatch.setattr(Footnotes, "add", lambda _, sources: named.append(list(sources)) or "x")
    reference = {"matched_text": MARK, "items": [PAGE] * 50}
    assert cite(MARK * 4, Metadata(content_references=[reference]), References(LEFT))[0] == "xxxx"
    assert len(named) == 1


@pytest.mark.parametrize("alternative", ["", "x" * 6_000])
def test_marks_that_would_add_too_much_stay(alternative):
    """Each of many marks may name all of many sources, or stand for a long text."""
    items = [] if alternative else [{"title": f"t{number}"} for number in range(1_000)]
    reference = {"matched_text": MARK, "type": "alt_text", "alt": alternative, "items": items}
    text = MARK * 4_000
    assert cite(text, Metadata(content_references=[reference]), References(LEFT)) == (text, [])


def test_long_address_in_many_messages_counts_each_time():
    references = References(LEFT)
    references["turn0search1"] = ("", "https://example.org/" + "x" * 3_000)
    assert [cite(MARK, None, references)[0] for _ in range(5)] == ["[^1]"] * 3 + [MARK] * 2


class Text(str):
    """A text that counts the characters of its parts that are copied."""

    __slots__ = ("copied",)
    copied: int

    def __getitem__(self, key):
        part = super().__getitem__(key)
        self.copied += len(part)
        return part


def test_citations_of_places_that_are_no_marks_copy_nothing():
    text = Text("†" + "a" * 10_000)
    text.copied = 0
    citations = [{"start_ix": place, "end_ix": 10_000 - place, "metadata": PAGE} for place in range(100)]
    assert cite(text, Metadata(citations=citations), References(LEFT)) == (text, [])
    assert text.copied == 0


def test_marks_without_an_end_are_read_once():
    """A pattern that tried each dagger as the middle of a mark would take hours."""
    text = "【" + "†" * 1_000_000
    assert cite(text, None, References(LEFT)) == (text, [])
