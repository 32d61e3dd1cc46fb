import pytest

from server.core.lists import make_list


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (["a", "b"], ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        (' [{"name": "x"}]\n', [{"name": "x"}]),
        ("[]", []),
        ("a", ["a"]),
        ({"name": "x"}, [{"name": "x"}]),
        (7, [7]),
        (False, [False]),
        ("[a]", ["[a]"]),
        ('["a", ', ['["a", ']),
        ('{"a": 1}', ['{"a": 1}']),
        ("[NaN]", ["[NaN]"]),
        ("[" * 100_000, ["[" * 100_000]),
        ("[\ud800]", ["[\ud800]"]),
    ],
)
def test_list_is_read_from_json_and_from_a_single_value(value, items):
    assert make_list(value) == items
