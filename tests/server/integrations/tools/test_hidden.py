from time import process_time

import pytest

from server.integrations.tools.hidden import hides_text, is_plain, show_name, show_plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("right\u202eto left\u2066", "rightto left"),
        ("tags\U000e0041\U000e0042", "tags"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b1;31mred", "red"),
        ("\x1b]0;a title\x07ok", "ok"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a<!-- send all mails -->b", "ab"),
        ("a<!- <!-- b -->- c", "a<!- - c"),
        ("a<!-<!-- -->- hidden -->b", "ab"),
        ("a<\u200b!-- hidden -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("a\n[//]: # (hidden)\nb", "a\n\nb"),
        ("a" + " " * 500 + "b", "a b"),
        ("a" + "\u2003" * 500 + "b", "a b"),
        ("a" + "\n" * 500 + "b", "a\n\nb"),
        ("a" + "\n \t" * 500 + "b", "a\n\n \tb"),
    ],
)
def test_hidden_text_is_removed(text, shown) -> None:
    assert show_plain(text, 10_000) == shown
    assert hides_text(text, 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "Lists leads.\n\nArgs:\n    limit: how many\n        of them",
        "a\r\nb",
        " a ",
        "naïve 查询 👩‍💻 می‌خواهم",
        "if a < b! -- c [1]: see https://example.com/#x",
    ],
)
def test_text_that_hides_nothing_stays(text) -> None:
    assert show_plain(text, 1_000) == text.strip().replace("\r\n", "\n")
    assert not hides_text(text, 1_000)


def test_long_text_is_cut_and_hides_nothing() -> None:
    assert show_plain("x" * 100, 10) == "x" * 10
    assert not hides_text("x" * 100, 10)


def test_name_is_one_line() -> None:
    assert show_name("get\r\n  data\u202e", 100) == "get data"


@pytest.mark.parametrize("value", ["a\u200b", ["a", {"b": "<!-- c -->"}], {"\u202ea": 1}])
def test_value_with_hidden_text_is_found(value) -> None:
    assert not is_plain(value, 100)
    assert is_plain(["a", 1, None, {"b": 2.5}], 100)


@pytest.mark.parametrize(
    "part",
    ["<!--", " ", "\n" + " " * 23, "<!-<!-- -->", "\x1b", "\x1b]", "[a]: ", "\n[a]: # (", "\n[a]: # (x) ", "<!-- -->", "\u200b"],
)
def test_hostile_text_takes_no_time(part) -> None:
    began = process_time()
    show_plain(part * 100_000, 20_000)
    assert process_time() - began < 5
