"""Description of calendar files in mails (RFC 5545, 5546): what, when, where, by whom, cancelled or changed."""

from datetime import date, datetime, timedelta
from typing import Any

from server.integrations.gmail.mime.text import clean_line, clean_text, shorten

LARGEST_CALENDAR = 100_000  # characters
MOST_EVENTS = 3
MOST_ATTENDEES = 20
LONGEST_DETAIL = 500
LONGEST_NOTES = 2000
_TITLES = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled event",
    "REPLY": "Reply to an invitation",
    "COUNTER": "New time proposed",
    "DECLINECOUNTER": "Proposed new time declined",
    "ADD": "Additional date",
    "REFRESH": "Request for the current invitation",
}


def describe_calendar(content: str, method: str = "") -> str:
    """Describe the events of an iCalendar file. Raises ValueError if it is none, or too large."""
    from icalendar import Calendar

    if len(content) > LARGEST_CALENDAR:
        raise ValueError("The calendar file is too large.")
    calendar = Calendar.from_ical(content.lstrip("\ufeff"))
    method = _read(calendar, "METHOD") or clean_line(method)
    events = list(calendar.walk("VEVENT"))
    if not events:
        raise ValueError("The calendar file has no event.")
    described = [_describe_event(event, method.upper()) for event in events[:MOST_EVENTS]]
    more = [f"… and {len(events) - MOST_EVENTS} more events"] if len(events) > MOST_EVENTS else []
    return "\n\n".join([*described, *more])


def _describe_event(event: Any, method: str) -> str:
    attendees = [_describe_person(attendee) for attendee in _read_all(event, "ATTENDEE")]
    if len(attendees) > MOST_ATTENDEES:
        attendees = [*attendees[:MOST_ATTENDEES], f"… and {len(attendees) - MOST_ATTENDEES} more"]
    fields = {
        _find_title(event, method): _read(event, "SUMMARY") or "(no title)",
        "When": _describe_period(event),
        "Instead of": _describe_moment(event, "RECURRENCE-ID"),
        "Repeats": _read_rule(event),
        "Where": _read(event, "LOCATION"),
        "Organizer": "; ".join(_describe_person(person) for person in _read_all(event, "ORGANIZER")[:1]),
        "Guests": "; ".join(attendees),  # names may hold commas
        "Comment": _read(event, "COMMENT"),
        "Link": _read(event, "URL"),
        "Notes": shorten(clean_text(str(next(iter(_read_all(event, "DESCRIPTION")), ""))), LONGEST_NOTES),
    }
    return "\n".join(f"{name}: {value}" for name, value in fields.items() if value)


def _find_title(event: Any, method: str) -> str:
    if _read(event, "STATUS").upper() == "CANCELLED":
        return _TITLES["CANCEL"]
    sequence = next(iter(_read_all(event, "SEQUENCE")), 0)
    if method == "REQUEST" and isinstance(sequence, int) and sequence > 0:
        return "Changed invitation"
    return _TITLES.get(method, "Event")


def _describe_period(event: Any) -> str:
    """Describe when an event is, in the zone of this computer, and in its own if that is another."""
    begins, ends = _read_moment(event, "DTSTART"), _find_end(event)
    if begins is None:
        return _read(event, "DTSTART")
    if not isinstance(begins, datetime):
        last = ends - timedelta(days=1) if ends and not isinstance(ends, datetime) else begins  # the end is not part of it
        return _write_days(begins, last)
    return _write_zoned(begins, ends if isinstance(ends, datetime) else begins, _read_zone(event, "DTSTART"))


def _describe_moment(event: Any, name: str) -> str:
    moment = _read_moment(event, name)
    return _write_zoned(moment, moment, _read_zone(event, name)) if isinstance(moment, datetime) else _read(event, name)


def _write_zoned(begins: datetime, ends: datetime, zone: str) -> str:
    written = _write_span(begins, ends)
    if begins.tzinfo is None or ends.tzinfo is None:
        return f"{written} ({f'in the time zone {zone}' if zone else 'local time where the event is'})"
    try:
        here = begins.astimezone()
        span = _write_span(here, ends.astimezone())
    except (ValueError, OverflowError, OSError):
        return f"{written} {zone or begins.tzname()}"
    own = (zone if span == written else f"{written} {zone}") if zone else ""
    return f"{span} {clean_line(here.tzname() or '')}{f' ({own})' if own else ''}"


def _write_span(begins: datetime, ends: datetime) -> str:
    day = f"{begins:%a %Y-%m-%d %H:%M}"
    if ends == begins:
        return day
    return f"{day}\u2013{ends:%H:%M}" if ends.date() == begins.date() else f"{day} \u2013 {ends:%a %Y-%m-%d %H:%M}"


def _write_days(first: date, last: date) -> str:
    return f"{first:%a %Y-%m-%d}, all day" if last <= first else f"{first:%a %Y-%m-%d} \u2013 {last:%a %Y-%m-%d}, all day"


def _find_end(event: Any) -> date | None:
    begins, ends = _read_moment(event, "DTSTART"), _read_moment(event, "DTEND")
    lasts = _read_value(event, "DURATION")
    return begins + lasts if ends is None and begins and isinstance(lasts, timedelta) else ends


def _describe_person(person: Any) -> str:
    """Write a person as a mail does; for a reply, with what they said."""
    parameters = getattr(person, "params", {})
    address = clean_line(str(person))
    address = address[len("mailto:") :] if address.lower().startswith("mailto:") else address
    name = shorten(clean_line(str(parameters.get("CN", ""))).strip('"'), 100)
    answers = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
    answer = answers.get(str(parameters.get("PARTSTAT", "")).upper(), "")
    shown = f"{name} <{address}>" if name and name != address else address
    return f"{shown} ({answer})" if answer else shown


def _read_rule(event: Any) -> str:
    rules = (rule.to_ical().decode("utf-8", "replace") for rule in _read_all(event, "RRULE") if hasattr(rule, "to_ical"))
    return shorten(clean_line("; ".join(rules)), LONGEST_DETAIL)


def _read_moment(event: Any, name: str) -> date | None:
    moment = _read_value(event, name)
    return moment if isinstance(moment, date) else None


def _read_value(event: Any, name: str) -> Any:
    """Read a moment or a duration; None where it is missing or malformed."""
    from icalendar.error import BrokenCalendarProperty

    try:
        return getattr(next(iter(_read_all(event, name)), None), "dt", None)
    except BrokenCalendarProperty:
        return None


def _read_zone(event: Any, name: str) -> str:
    """Read the name of a moment's time zone, as it stands; empty for one in UTC."""
    parameters = getattr(next(iter(_read_all(event, name)), None), "params", {})
    return shorten(clean_line(str(parameters.get("TZID", ""))), 100)


def _read(event: Any, name: str) -> str:
    return shorten(clean_line(str(next(iter(_read_all(event, name)), ""))), LONGEST_DETAIL)


def _read_all(event: Any, name: str) -> list[Any]:
    """Read all occurrences of a property; one that could not be parsed is its own text."""
    value = event.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]
