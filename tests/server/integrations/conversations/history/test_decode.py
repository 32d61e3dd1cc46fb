import json

import pytest

from server.integrations.conversations.history.decode import Unreadable, decode, is_conversation, load, time_of, title_of

WHOLE = {
    "id": "c",
    "title": "T",
    "mapping": {"n": {"message": {"id": "n", "author": {"role": "user"}, "content": {"parts": ["x"]}}}},
}


def test_usual_conversation_is_decoded():
    conversation = decode(json.dumps(WHOLE).encode())
    assert conversation.key == "c"
    assert conversation.mapping
    assert conversation.mapping["n"].message.author.role == "user"


def test_lone_surrogate_becomes_a_replacement_character():
    conversation = decode(rb'{"id": "c", "title": "cut \ud83d here", "mapping": {}}')
    assert conversation.title == "cut � here"


def test_pair_of_surrogates_stays_an_emoji_beside_a_lone_one():
    assert load(rb'"\ud83d\ude00 \ud83d"') == "😀 �"


def test_nan_and_infinity_become_nothing():
    assert decode(b'{"id": "c", "create_time": NaN, "update_time": -Infinity, "mapping": {}}').create_time is None


def test_bad_bytes_are_replaced():
    assert decode(b'{"id": "c", "title": "a\xff\xfeb", "mapping": {}}').title == "a��b"


def test_long_integer_is_read():
    assert load(b"[1000000000000000000000000000000]") == [1e30]


@pytest.mark.parametrize(
    "mapping",
    [{"n": "text"}, {"n": {"message": "text"}}, {"n": {"message": {"author": 5, "metadata": "x"}}}, {"n": None}, {"n": [1]}],
)
def test_part_of_the_wrong_type_costs_only_itself(mapping):
    assert set(decode(json.dumps({"id": "c", "mapping": mapping | WHOLE["mapping"]}).encode()).mapping) == {"n"}


@pytest.mark.parametrize(
    "data", [b"[1]", b'"x"', b"{", b'{"mapping": 5}', b"[" * 100_000, b'{"mapping": {"a": ' + b"[" * 100_000]
)
def test_unreadable_text_is_refused_with_a_sentence(data):
    with pytest.raises(Unreadable, match=r"^It .*\.$|^Its .*\.$"):
        decode(data)
    assert not is_conversation(data)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_760_000_000.5, 1_760_000_000.5),
        ("1760000000", 1_760_000_000.0),
        (1_760_000_000_000, 1_760_000_000.0),
        ("2024-03-01T10:00:00Z", 1_709_287_200.0),
        ("2024-03-01T10:00:00", 1_709_287_200.0),
        ("2024-03-01T11:00:00+01:00", 1_709_287_200.0),
        (None, None),
        ("", None),
        ("yesterday", None),
        (True, None),
        (float("inf"), None),
        (-5, None),
        (1e300, None),
        (float("nan"), None),
        (10**400, None),
        (-(10**400), None),
        ([], None),
    ],
)
def test_time_is_read_in_every_form(value, seconds):
    assert time_of(value) == seconds


def test_title_is_one_line():
    assert title_of(" a\nb  c ") == "a b c"
    assert title_of(None) == title_of(5) == ""
