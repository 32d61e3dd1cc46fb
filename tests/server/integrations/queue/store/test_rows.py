from datetime import UTC, datetime

from server.integrations.queue.states import State
from server.integrations.queue.store.rows import (
    read_history,
    read_list,
    to_moment,
    to_optional_moment,
    to_seconds,
    write_entry,
    write_list,
)


def test_times_are_seconds_since_1970() -> None:
    moment = to_moment(1_795_000_000.25)
    assert to_seconds(moment) == 1_795_000_000.25
    assert (to_seconds(None), to_optional_moment(None)) == (None, None)


def test_time_that_no_calendar_has_is_read_all_the_same() -> None:
    for seconds in (1e300, -1e300, 253_402_300_800.0, -62_135_683_140.0, float("inf"), float("nan")):
        assert to_moment(seconds) == to_optional_moment(seconds) == datetime.max.replace(tzinfo=UTC)


def test_lists_are_json() -> None:
    for items in ((), ("one", "zwölf\u2028"), ({"a": 1},)):
        assert read_list(write_list(items)) == items


def test_history_has_a_line_for_each_change() -> None:
    text = write_entry(1.0, State.idle) + write_entry(2.0, State.failed, "Two\nlines\u2028of it")
    assert [(entry.at.timestamp(), entry.state, entry.reason) for entry in read_history(text)] == [
        (1.0, State.idle, ""),
        (2.0, State.failed, "Two\nlines\u2028of it"),
    ]
