import pytest

from server.integrations.omi.models import Kind
from server.integrations.omi.summaries import LONGEST_WRITTEN, describe, find_summary, read_written, view

DAY = {
    "id": "d1",
    "date": "2026-11-20",
    "headline": "A day",
    "overview": "It was long.",
    "highlights": [{"topic": "Library", "summary": "It moves."}],
    "action_items": [{"description": "Write"}, "Call"],
    "unresolved_questions": [{"question": "Why?"}],
    "decisions_made": [{"decision": "Yes"}],
    "knowledge_nuggets": [{"insight": "Aha"}, {"odd": 1}],
}


@pytest.mark.parametrize(
    "body",
    [{"summary_json": DAY}, {"summary_json": None, "summary": str(DAY)}, {"summary": DAY}, DAY, {"summary_json": str(DAY)}],
)
def test_day_summary_is_parsed_in_every_format(pendant, body) -> None:
    pendant.send({"uid": "me", "created_at": "2026-11-21T07:00:00+00:00", **body}, Kind.day_summary)
    (day,) = pendant.run(pendant.omi.memories.list_day_summaries(5, 0)).day_summaries
    assert (day.id, day.date, day.headline) == ("d1", "2026-11-20", "A day")
    assert (day.highlights, day.action_items) == (["Library: It moves."], ["Write", "Call"])
    assert (day.unresolved_questions, day.decisions_made, day.knowledge_nuggets) == (["Why?"], ["Yes"], ["Aha"])


def test_late_older_summary_changes_nothing(pendant) -> None:
    for headline, hour in (("first", 7), ("third", 9), ("second", 8)):
        body = {"created_at": f"2026-11-21T{hour:02}:00:00Z", "summary_json": DAY | {"headline": headline}}
        pendant.send(body, Kind.day_summary)
    days = pendant.run(pendant.omi.memories.list_day_summaries(5, 0)).day_summaries
    assert [day.headline for day in days] == ["third"]


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "{'a': open('x')}", "[" * 500, "-" * 500 + "1", "{" * 9, "3", "x" * (LONGEST_WRITTEN + 1), "{'a': 1"],
)
def test_hostile_summary_is_neither_evaluated_nor_fatal(text) -> None:
    assert read_written(text) == {}
    assert find_summary({"summary": text}) == {"overview": text}


def test_summary_without_a_date_has_the_day_of_its_arrival() -> None:
    summary = describe({"summary": "words"}, "me", "2026-11-21T12:00:00+00:00")
    assert summary["date"] == "2026-11-21"
    assert summary["id"].startswith("d-")
    assert view("x", "2026-11-21", {"summary": "words"}).overview == "words"


@pytest.mark.parametrize("field", ["overview", "headline", "id", "date", "highlights"])
def test_endless_number_is_dropped_alone(pendant, field) -> None:
    number = f"[0x{'f' * 50_000}]" if field == "highlights" else f"0x{'f' * 50_000}"
    pendant.send({"summary": "{'date': '2026-01-04', 'overview': 'A day', '" + field + "': " + number + "}"}, Kind.day_summary)
    pendant.send({"summary": "words", "created_at": "2026-11-20T00:00:00Z"}, Kind.day_summary)
    days = pendant.run(pendant.omi.memories.list_day_summaries(5, 0)).day_summaries
    without_content = field == "overview"  # it is kept aside
    assert {day.overview for day in days} == ({"words"} if without_content else {"words", "A day"})


def test_summary_shows_that_something_is_left_out() -> None:
    day = view("d1", "2026-11-20", {"overview": "x" * 5000, "highlights": [f"h{number}" for number in range(40)]})
    assert day.overview.endswith("x…")
    assert day.highlights[-2:] == ["h29", "… and 10 more"]
    assert view("d1", "2026-11-20", {"overview": "x", "highlights": ["h"] * 30}).highlights == ["h"] * 30
