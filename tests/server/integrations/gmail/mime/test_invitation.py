"""An invitation says what, when in the person's time zone, where, by whom, and whether it is cancelled or changed."""

import time

import pytest

from server.integrations.gmail.mime.invitation import MOST_EVENTS, describe_calendar

CUSTOM_ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Office",
    "BEGIN:STANDARD",
    "DTSTART:16010101T000000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:16010101T000000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
)


def write(*lines: str, method: str = "REQUEST", before: tuple[str, ...] = ()) -> str:
    whole = ["BEGIN:VCALENDAR", f"METHOD:{method}", *before, "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(whole)


@pytest.fixture(autouse=True)
def berlin(monkeypatch):
    """A person in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_invitation_is_described_completely():
    described = describe_calendar(
        write(
            "SUMMARY:Crane survey\\, part 2",
            "DTSTART;TZID=Europe/Lisbon:20261203T090000",
            "DTEND;TZID=Europe/Lisbon:20261203T100000",
            "LOCATION:Pier 4",
            'ORGANIZER;CN="Lind, Rosa":mailto:rosa@lind.example',
            'ATTENDEE;CN="Okafor, Ben";PARTSTAT=ACCEPTED:MAILTO:ben@okafor.example',
            "ATTENDEE:mailto:cleo@ito.example",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "DESCRIPTION:Bring a helmet.\\nAnd gloves.",
        )
    )
    assert described.split("\n") == [
        "Invitation: Crane survey, part 2",
        "When: Thu 2026-12-03 10:00\u201311:00 CET (Thu 2026-12-03 09:00\u201310:00 Europe/Lisbon)",
        "Repeats: FREQ=WEEKLY;COUNT=3",
        "Where: Pier 4",
        "Organizer: Lind, Rosa <rosa@lind.example>",
        "Guests: Okafor, Ben <ben@okafor.example> (accepted); cleo@ito.example",
        "Notes: Bring a helmet.",
        "And gloves.",
    ]


@pytest.mark.parametrize(
    ("lines", "when"),
    [
        (["DTSTART:20260703T100000Z", "DURATION:PT90M"], "Fri 2026-07-03 12:00\u201313:30 CEST"),
        (["DTSTART:20260703T220000Z", "DTEND:20260704T100000Z"], "Sat 2026-07-04 00:00\u201312:00 CEST"),
        (["DTSTART;TZID=W. Europe Standard Time:20260703T090000"], "Fri 2026-07-03 09:00 CEST (W. Europe Standard Time)"),
        (["DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261204"], "Thu 2026-12-03, all day"),
        (["DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261206"], "Thu 2026-12-03 \u2013 Sat 2026-12-05, all day"),
        (["DTSTART:20261203T100000"], "Thu 2026-12-03 10:00 (local time where the event is)"),
        (["DTSTART;TZID=Nowhere/City:20261203T100000"], "Thu 2026-12-03 10:00 (in the time zone Nowhere/City)"),
        (["DTSTART:99991231T235959Z"], "Fri 9999-12-31 23:59 UTC"),
        (["DTSTART:tomorrow"], "tomorrow"),
        (
            ["DTSTART:20261203T100000", "DTEND:20261203T110000Z"],
            "Thu 2026-12-03 10:00\u201311:00 (local time where the event is)",
        ),
        (["DTSTART:20261203T100000Z", "DTEND;VALUE=DATE:20261204"], "Thu 2026-12-03 11:00 CET"),
    ],
)
def test_moment_is_written_in_the_persons_zone(lines, when):
    assert describe_calendar(write("SUMMARY:x", *lines)).split("\n")[1] == f"When: {when}"


def test_time_zone_that_the_file_defines_is_used():
    described = describe_calendar(write("SUMMARY:x", "DTSTART;TZID=Office:20260703T100000", before=CUSTOM_ZONE))
    assert described.split("\n")[1] == "When: Fri 2026-07-03 10:00 CEST (Office)"


@pytest.mark.parametrize(
    ("method", "lines", "title"),
    [
        ("REQUEST", ["SEQUENCE:0"], "Invitation"),
        ("REQUEST", ["SEQUENCE:2"], "Changed invitation"),
        ("CANCEL", ["SEQUENCE:2"], "Cancelled event"),
        ("REQUEST", ["STATUS:CANCELLED"], "Cancelled event"),
        ("PUBLISH", [], "Event"),
        ("REPLY", [], "Reply to an invitation"),
        ("COUNTER", [], "New time proposed"),
    ],
)
def test_cancelled_and_changed_events_are_named_so(method, lines, title):
    assert describe_calendar(write("SUMMARY:x", *lines, method=method)) == f"{title}: x"


def test_method_comes_from_the_mail_if_the_file_names_none():
    assert describe_calendar(write("SUMMARY:x").replace("METHOD:REQUEST\r\n", ""), "cancel") == "Cancelled event: x"


def test_moved_occurrence_names_the_date_that_it_replaces():
    described = describe_calendar(write("SUMMARY:x", "DTSTART:20260703T100000Z", "RECURRENCE-ID:20260702T100000Z"))
    assert "Instead of: Thu 2026-07-02 12:00 CEST" in described


def test_long_calendar_is_cut_and_says_so():
    event = "BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
    described = describe_calendar(f"BEGIN:VCALENDAR\r\n{event * 10}END:VCALENDAR\r\n")
    assert described.count("Event: x") == MOST_EVENTS
    assert described.endswith("… and 7 more events")
    attendees = describe_calendar(write("SUMMARY:x", *(f"ATTENDEE:mailto:u{number}@example.com" for number in range(60))))
    assert attendees.endswith("… and 40 more")


def test_text_of_an_event_cannot_hide_characters():
    described = describe_calendar(write("SUMMARY:a\u202eb\\nWhen: never", "DESCRIPTION:c\U000e0041d"))
    assert described == "Invitation: ab When: never\nNotes: cd"


@pytest.mark.parametrize("content", ["", "junk", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
def test_file_that_is_no_calendar_is_refused(content):
    with pytest.raises(ValueError, match=r"no event|components|parts"):
        describe_calendar(content)
