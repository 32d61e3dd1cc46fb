from datetime import UTC, datetime

from server.core.text import shorten, tell_moment


def test_only_the_beginning_of_a_long_value_is_shown():
    assert shorten("a " * 40) == ("a " * 40).strip()
    assert shorten("a" + " " * 10_000 + "b") == "a…"
    assert shorten("a" * 81) == "a" * 80 + "…"


def test_local_time_is_formatted():
    here = datetime(2026, 6, 17, 8, 41, 5, tzinfo=UTC).astimezone()
    assert tell_moment("2026-06-17T08:41:05+00:00") == f"{here:%Y-%m-%d %H:%M}"
    assert [tell_moment(text) for text in ("", "yesterday")] == ["", "yesterday"]
