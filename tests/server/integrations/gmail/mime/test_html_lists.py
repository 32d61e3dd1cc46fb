"""Marks of lists are those of browsers."""

import pytest

from server.integrations.gmail.mime.html_lists import open_list


@pytest.mark.parametrize(
    ("attributes", "entry", "mark"),
    [
        ({}, {}, "1."),
        ({"start": " +5000x"}, {}, "5000."),
        ({"start": "-3"}, {}, "-3."),
        ({"start": "5"}, {"value": "777"}, "777."),
        ({"start": "9" * 5000}, {"value": "2147483648"}, "1."),
        ({"type": "A", "start": "28"}, {}, "AB."),
        ({"type": "a", "start": "0"}, {}, "0."),
        ({"type": "i", "start": "1994"}, {}, "mcmxciv."),
        ({"type": "I", "start": "4000"}, {}, "4000."),
        ({"type": "x"}, {"type": "A"}, "A."),
        ({"type": "A"}, {"type": "disc"}, "*"),
        ({"type": " A"}, {"type": "a "}, "1."),
    ],
)
def test_mark_of_an_entry(attributes, entry, mark):
    assert open_list("ol", attributes).mark(entry) == mark


def test_unordered_list_has_dots_unless_an_entry_is_numbered():
    entries = open_list("ul", {"type": "A", "start": "5"})
    assert [entries.mark({"value": "7"}), entries.mark({"type": "A"}), entries.mark({})] == ["*", "H.", "*"]
