"""The person's local time: their days, and the name of their time zone."""

from datetime import date, datetime, time, timedelta


def start_of_day(day: date) -> datetime:
    """Return midnight of a day in local time, which may be 23 or 25 hours before the next one. Raises OverflowError, OSError."""
    return datetime.combine(day, time.min).astimezone()


def read_local(text: str, *, end: bool = False) -> datetime:
    """Parse a date or a moment (ISO 8601); without a zone it is local. `end`: a date is the end of that day.

    Raises ValueError, OverflowError or OSError.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text).astimezone()
    return start_of_day(day + timedelta(days=1) if end else day)


def name_zone(moment: datetime) -> str:
    """Name the local time zone at a moment, such as "UTC+01:00 (CET)"."""
    local = moment.astimezone()
    offset = f"{local:%z}"
    name = local.tzname() or ""
    return f"UTC{offset[:3]}:{offset[3:5]}" + (f" ({name})" if name[:1].isalpha() else "")
