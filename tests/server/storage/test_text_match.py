import pytest

from server.storage.text_match import WIDTH, Matcher, Piece
from server.storage.text_query import parse


def match(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Matcher(parse(query).terms).find_spans(text)]


@pytest.mark.parametrize(
    ("query", "text", "hits"),
    [
        ("cafe", "Un CAFÉ, cafe\u0301 noir; cafeteria", ["CAFÉ", "cafe\u0301"]),
        ("strasse", "Die Straße hier", ["Straße"]),
        ("strass*", "Straße, Strasser, Strase", ["Straße", "Strasser"]),
        ("masse", "Maße, Mase", ["Maße"]),
        ("елка", "Ёлка, ЕЛКА", ["Ёлка", "ЕЛКА"]),
        ("самолёт", "самолет, самолёт", ["самолет", "самолёт"]),
        ("мои", "мой мои", ["мои"]),
        ("lodz", "Łódź, łodz", ["Łódź", "łodz"]),
        ("Tromsø", "Tromso, TROMSØ", ["Tromso", "TROMSØ"]),
        ("aero", "på Ærø; Aero, Aro", ["Ærø", "Aero"]),
        ("ca*", "Cæsar et cætera", ["Cæsar", "cætera"]),
        ("cæs*", "Cæsar, caesium", ["Cæsar", "caesium"]),
        ("œuvre", "une œuvre, Oeuvre", ["œuvre", "Oeuvre"]),
        ("thor", "Þór", ["Þór"]),
        ("duong", "Đường", ["Đường"]),
        ("isik", "\u0131ş\u0131k, IŞIK", ["\u0131ş\u0131k", "IŞIK"]),
        ("احمد الى", "أحمد إلى", ["أحمد", "إلى"]),
        ("مدرسه", "مدرسة", ["مدرسة"]),
        ("impl*", "an Implementation of implicit", ["Implementation", "implicit"]),
        ('"two words"', "two\n words, two other words", ["two\n words"]),
        ("itgc", "用itgc做 itgcx xitgc", ["itgc"]),
        ("测试", "用itgc做测试", ["测试"]),
        ("كتاب", "هذا كِتَاب", ["كِتَاب"]),
        ("हिन्दी", "यह हिन्दी में", ["हिन्दी"]),
        ("don't", "I don\u2019t", ["don\u2019t"]),
        ("istanbul", "İstanbul ISTANBUL", ["İstanbul", "ISTANBUL"]),
        ("a -b", "a b", ["a"]),
        ("αθηνα", "\u0397 Αθήνα", ["Αθήνα"]),
        ("ΣΟΦΟΣ", "\u03bf Σοφός", ["Σοφός"]),
        ("\u03bcm", "5 \u00b5m", ["\u00b5m"]),
        ("école", "École, l\u2019ECOLE", ["École", "ECOLE"]),
        ("missing", "text", []),
    ],
)
def test_matches_are_found_in_the_text_as_it_is(query: str, text: str, hits: list[str]) -> None:
    assert match(query, text) == hits


def test_text_fits_if_it_has_all_terms_and_no_excluded_one() -> None:
    matcher = Matcher(parse("one tw* -three").terms)
    assert matcher.fits("Two ones: one")
    assert not matcher.fits("one")
    assert not matcher.fits("one two three")


def test_nearer_and_more_frequent_matches_score_higher() -> None:
    matcher = Matcher(parse("copper kettle").terms)
    near, far = "a copper kettle", f"copper {'x ' * 100} kettle"
    assert matcher.score(near) > matcher.score(far) > matcher.score("copper") > matcher.score("x") == 0
    assert matcher.score("copper kettle copper kettle") > matcher.score("copper kettle")


def test_snippet_has_the_part_with_most_matches() -> None:
    text = f"needle {'x ' * 500} needle and needle {'y ' * 500}"
    pieces = Matcher(parse("needle").terms).cut(text)
    assert [piece.text for piece in pieces if piece.match] == ["needle", "needle"]
    shown = "".join(piece.text for piece in pieces)
    assert shown.startswith("…x")
    assert shown.endswith("…")
    assert len(shown) <= WIDTH + 2


def test_text_without_a_match_is_shown_from_its_beginning() -> None:
    assert Matcher(parse("none").terms).cut("a\n\n  b") == [Piece("a b", match=False)]
    assert Matcher(()).cut("") == []


def test_runs_of_spaces_become_one_and_no_word_meets_another() -> None:
    text = "  a\t\u00a0needle\r\n \nneedle  "
    assert Matcher(parse("needle").terms).cut(text) == [
        Piece(" a ", match=False),
        Piece("needle", match=True),
        Piece(" ", match=False),
        Piece("needle", match=True),
        Piece(" ", match=False),
    ]


def test_neighbouring_matches_are_one_piece() -> None:
    assert Matcher(parse("测试").terms).cut("测试测试") == [Piece("测试测试", match=True)]


def test_query_of_many_s_ends() -> None:
    """If each two could be one by themselves, there would be more ways to try than atoms."""
    assert match("s" * 150 + "x", "s" * 10_000) == []
