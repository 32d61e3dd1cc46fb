import unicodedata

import pytest

from server.storage.flat_text import FILLER, flatten, list_places, spell_out
from server.storage.text_index import DOUBLE_LETTERS, IGNORED, LETTERS, SINGLE_LETTERS, UNSPACED_RUN, fold


@pytest.mark.parametrize("text", ["İß ﬁ é e\u0301", "Æ œ Þ ẞ ǽ", "\u00ad\u200d", "한글 ｶﾅ", "ǅ ŉ"])
def test_flat_text_has_the_same_length(text: str) -> None:
    assert len(flatten(text)) == len(text)


@pytest.mark.parametrize(("first", "end"), [(0xA0, 0x180), (0x370, 0x400), (0x590, 0x700), (0x900, 0x980), (0xE00, 0xE80)])
def test_flat_letters_have_no_case_and_marks(first: int, end: int) -> None:
    for character in map(chr, range(first, end)):
        form = "NFKC" if UNSPACED_RUN.match(character) else "NFKD"
        plain = FILLER if IGNORED.match(character) else unicodedata.normalize(form, character.lower())
        base = plain if plain in DOUBLE_LETTERS else plain.casefold()[:1]
        base = SINGLE_LETTERS.get(base, base)
        assert flatten(character) == base
        assert flatten(f"“{character}”") == f"“{base}”"


def test_text_with_many_kinds_of_letters_is_flattened_like_a_short_one() -> None:
    letters = "".join(map(chr, range(0xC0, 0x17F))) + "й"
    assert flatten(letters) == "".join(map(flatten, letters))


@pytest.mark.parametrize("letter", LETTERS)
def test_spelled_out_letters_are_those_of_the_index(letter: str) -> None:
    assert spell_out(flatten(letter)) == spell_out(flatten(f"ы{letter}"))[1:] == fold(letter) == LETTERS[letter]


@pytest.mark.parametrize("text", ["plain", "æ e\u0301x Straße", "\u00ad", ""])
def test_places_are_those_of_the_characters_in_the_text(text: str) -> None:
    flat = flatten(text)
    places = list_places(flat)
    assert len(places) == len(spell_out(flat)) + 1
    assert places[-1] == len(text)
    assert "".join(flat[place] for place in dict.fromkeys(places[:-1])) == flat.replace(FILLER, "")
