import json
from datetime import UTC, datetime

from server.core.text import make_visible, tell_moment


def test_local_time_is_formatted():
    here = datetime(2026, 6, 17, 8, 41, 5, tzinfo=UTC).astimezone()
    assert tell_moment("2026-06-17T08:41:05+00:00") == f"{here:%Y-%m-%d %H:%M}"
    assert [tell_moment(text) for text in ("", "yesterday")] == ["", "yesterday"]


def test_control_characters_are_escaped_and_letters_of_every_script_stay():
    assert make_visible("a\x1b]0;x\x07\x7f\x9b\u202eb\u2066\u200f\u061c") == "a␛]0;x␇\\u007f\\u009b\\u202eb\\u2066\\u200f\\u061c"
    assert make_visible("a\nb\tc") == "a␊b␉c"
    assert make_visible("a\nb\tc\r", lines=True) == "a\nb\tc␍"
    for unchanged in ("שלום עולם", "مرحبا", "naïve 👩\u200d💻 “x”"):
        assert make_visible(unchanged) == unchanged


def test_json_is_the_same_json_when_it_is_made_visible():
    hostile = "".join(map(chr, range(0x2100)))
    assert json.loads(make_visible(json.dumps(hostile, ensure_ascii=False))) == hostile
