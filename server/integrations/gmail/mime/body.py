"""The text of a mail: chosen among its alternatives, with its invitations described."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from server.core.items import convert_item
from server.integrations.gmail.mime.invitation import LARGEST_CALENDAR, describe_calendar
from server.integrations.gmail.mime.message import Part, walk
from server.integrations.gmail.mime.text import clean_text, decode_text, html_to_text, unflow

LONGEST_COMPARED = 100_000  # letters and digits of an alternative
SHINGLE = 5  # letters and digits in a row: they can be compared in every script, with or without spaces
MOST_TOLERATED = 0.2  # share of the HTML that a plain text may lack
LEAST_DIFFERENCE = 20  # shingles; below it both say the same
_ADDRESSES = re.compile(r"(?:https?://|mailto:|www\.)[^\s<>()\[\]]+", re.IGNORECASE)
_SENTENCES = re.compile(r"[.!?\n\u3002]+")
_NO_LETTERS = re.compile(r"[\W_]+")
# What stands in for a text: "View this mail in your browser", "This is an HTML mail".
_STUB = re.compile(
    r"\bhtml\b|browser|navigateur|navegador|webbläsar|nettleser|selaime|przegląda|prohlížeč|taray\u0131c\u0131|браузер|ブラウザ|浏览器|瀏覽器",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """A mail's text. `html`: it was made from HTML. `missing`: parts of it that are not here, so that it is not complete."""

    text: str = ""
    html: bool = False
    missing: tuple[Part, ...] = ()


def find_detached_texts(root: Part) -> list[Part]:
    """Find what the text is made of and Gmail hands out separately: long texts, texts with a file name, and invitations."""
    parts = [part for part in walk(root) if part.is_text]
    named = [part for part in walk(root) if part.is_named_text and part.data is None and part.gmail_id]
    if named and not any(part.gmail_id for part in parts) and not _read(root, {}).text:  # last, because it parses the HTML
        parts += named
    parts += [part for part in _find_calendars(root) if part.size <= LARGEST_CALENDAR]
    return [part for part in parts if part.data is None and part.gmail_id]


def read_text(root: Part, fetched: Mapping[str, bytes]) -> Reading:
    """Read a mail's text. `fetched`: what was fetched separately, by the part's id."""
    reading = _read(root, fetched)
    if not reading.text and not reading.missing:
        reading = _join(_read_leaf(part, fetched) for part in walk(root) if part.is_named_text)
    invitations = (_read_calendar(part, fetched) for part in _find_calendars(root))
    texts = [text for text in (reading.text, *invitations) if text]
    return Reading("\n\n".join(texts), reading.html, reading.missing)


def choose_alternative(plain: str, rich: str) -> str:
    """Choose between a plain text and the text of the HTML that should say the same; both where each says something else.

    Mail programs show the HTML, so that it counts where the plain text is a stub or leaves much out.
    """
    plain_shingles, rich_shingles = make_shingles(plain), make_shingles(rich)
    only_plain, only_rich = len(plain_shingles - rich_shingles), len(rich_shingles - plain_shingles)
    if only_rich <= MOST_TOLERATED * len(rich_shingles):
        return plain
    content = make_shingles(" ".join(sentence for sentence in _SENTENCES.split(plain) if not _STUB.search(sentence)))
    if len(content) < len(plain_shingles) and len(content - rich_shingles) <= max(only_rich, LEAST_DIFFERENCE):
        return rich
    if only_rich < LEAST_DIFFERENCE:
        return plain
    return rich if only_plain <= only_rich else f"{plain}\n\n{rich}"


def make_shingles(text: str) -> set[str]:
    """Make all runs of a few letters and digits of a text, without addresses of links."""
    letters = _NO_LETTERS.sub("", _ADDRESSES.sub("", text[: 5 * LONGEST_COMPARED])).casefold()[:LONGEST_COMPARED]
    return {letters[place : place + SHINGLE] for place in range(max(1, len(letters) - SHINGLE + 1))} if letters else set()


def _read(part: Part, fetched: Mapping[str, bytes]) -> Reading:
    if part.is_attachment:
        return Reading()
    if part.is_text or (part.media_type.startswith("multipart/") and part.data):
        return _read_leaf(part, fetched)
    if part.incomplete:
        return Reading(missing=(part,))
    readings = [reading for inner in part.parts if (reading := _read(inner, fetched)) != Reading()]
    if part.media_type == "multipart/related":
        return readings[0] if readings else Reading()
    return _choose(readings) if part.media_type == "multipart/alternative" else _join(readings)


def _choose(readings: list[Reading]) -> Reading:
    missing = tuple(part for reading in readings for part in reading.missing)
    plain = next((reading.text for reading in readings if reading.text and not reading.html), "")
    rich = next((reading.text for reading in reversed(readings) if reading.text and reading.html), "")
    chosen = choose_alternative(plain, rich) if plain and rich else plain or rich
    return Reading(chosen, html=chosen != plain, missing=missing)


def _join(readings: Iterable[Reading]) -> Reading:
    readings = list(readings)
    return Reading(
        "\n\n".join(reading.text for reading in readings if reading.text),
        any(reading.html for reading in readings),
        tuple(part for reading in readings for part in reading.missing),
    )


def _read_leaf(part: Part, fetched: Mapping[str, bytes]) -> Reading:
    return convert_item(part, lambda part: _read_content(part, fetched), lambda part: Reading(missing=(part,)))


def _read_content(part: Part, fetched: Mapping[str, bytes]) -> Reading:
    content = part.data if part.data is not None else fetched.get(part.id)
    if part.incomplete or (content is None and (part.gmail_id or part.size)):
        return Reading(missing=(part,))
    text = decode_text(content or b"", part.headers.parameter("Content-Type", "charset"))
    if part.media_type == "text/html":
        return Reading(html_to_text(text), html=True)
    text = clean_text(text)
    if part.headers.parameter("Content-Type", "format").lower() == "flowed":
        text = unflow(text, delete_space=part.headers.parameter("Content-Type", "delsp").lower() == "yes")
    return Reading(text if text.strip() else "")


def _find_calendars(root: Part) -> list[Part]:
    """Find the invitation. A mail often has it twice, within the alternatives and as a file; the first that is here counts."""
    calendars = [part for part in walk(root) if part.is_calendar]
    return sorted(calendars, key=lambda part: part.data is None)[:1]


def _read_calendar(part: Part, fetched: Mapping[str, bytes]) -> str:
    content = part.data if part.data is not None else fetched.get(part.id)
    failed = f"{part.file_name} is a calendar file that could not be read here."
    if content is None:
        return failed
    text = decode_text(content, part.headers.parameter("Content-Type", "charset"))
    method = part.headers.parameter("Content-Type", "method")
    return convert_item(text, lambda text: describe_calendar(text, method), lambda _: failed)
