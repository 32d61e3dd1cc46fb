"""Made-up conversations for the demo."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

TALKS: tuple[dict[str, Any], ...] = (
    {
        "title": "The garden fence",
        "emoji": "🌿",
        "category": "family",
        "overview": "Alex and Sam agree to mend the garden fence before winter, and to ask Robin for the long ladder.",
        "said": (
            (True, "", "We have to look at the fence before the first snow."),
            (False, "Sam", "Then let us do it on Saturday. Robin still has our long ladder."),
            (True, "", "I will write to Robin tonight, and get the paint."),
        ),
        "todo": ("Ask Robin for the long ladder", "Buy green paint for the fence"),
        "hours_ago": 3,
    },
    {
        "title": "Timeline of the library move",
        "emoji": "📅",
        "category": "work",
        "overview": "The move of the town library begins in March. Kim wants the offer by Thursday; the piano is still open.",
        "said": (
            (False, "Kim", "If the shelves come in February, we can begin in March."),
            (True, "", "I can send you the offer by Thursday."),
            (False, "Kim", "Good. And somebody has to find out what becomes of the piano."),
        ),
        "todo": ("Send Kim the offer by Thursday", "Find out what becomes of the piano"),
        "hours_ago": 26,
    },
    {
        "title": "Soup for twelve",
        "emoji": "🍲",
        "category": "social",
        "overview": "Plans for the neighbours' supper: pumpkin soup, bread from the corner, and a second pot from number nine.",
        "said": (
            (False, "", "Twelve people will never fit around your table."),
            (True, "", "They will stand. It is soup. I need a second pot, though."),
            (False, "", "Number nine has one that fits a bathtub."),
        ),
        "todo": ("Borrow the large pot from number nine",),
        "hours_ago": 74,
    },
)
LIVE = (
    (True, "So, where were we?"),
    (False, "You wanted to tell me about the boat."),
    (True, "Right. It is blue, it is old, and it has a name nobody can read."),
    (False, "Then we have to give it a new one."),
    (True, "That brings bad luck, says everybody who has a boat."),
    (False, "Everybody who has a boat has also told me never to buy one."),
)


def make_conversations(now: datetime) -> Iterator[dict[str, Any]]:
    """The conversations of the last days, as the platform delivers them."""
    for talk in TALKS:
        began = now - timedelta(hours=talk["hours_ago"])
        yield make_conversation(talk, began)


def make_conversation(talk: dict[str, Any], began: datetime) -> dict[str, Any]:
    """One conversation in today's form."""
    ended, number = began + timedelta(minutes=4), str(uuid5(NAMESPACE_URL, talk["title"]))
    segments = [
        make_segment(f"{number[:8]}-{place}", words, is_user=is_user, place=place, name=name)
        for place, (is_user, name, words) in enumerate(talk["said"])
    ]
    items = [{"description": words, "completed": False, "due_at": None, "created_at": None} for words in talk["todo"]]
    structured = {name: talk[name] for name in ("title", "emoji", "category", "overview")}
    return {
        "id": number,
        "created_at": ended.isoformat(),
        "updated_at": None,
        "started_at": began.isoformat(),
        "finished_at": ended.isoformat(),
        "source": "omi",
        "language": "en",
        "structured": {**structured, "sections": [], "action_items": items, "events": []},
        "transcript_segments": segments,
        "geolocation": None,
        "photos": [],
        "audio_files": [],
        "apps_results": [],
        "plugins_results": [],
        "external_data": None,
        "discarded": False,
        "visibility": "private",
        "status": "completed",
    }


def make_segment(number: str, words: str, *, is_user: bool, place: int, name: str = "") -> dict[str, Any]:
    """A few words in today's form."""
    speaker = 0 if is_user else 1
    return {
        "id": number,
        "text": words,
        "speaker": f"SPEAKER_{speaker:02}",
        "speaker_id": speaker,
        "speaker_name": name or None,
        "is_user": is_user,
        "person_id": None,
        "start": place * 6.0,
        "end": place * 6.0 + 5.0,
        "translations": [],
    }


def make_live(session: str) -> Iterator[dict[str, Any]]:
    """Make the parts of a live transcript."""
    for place, (is_user, words) in enumerate(LIVE):
        segment = make_segment(f"{session}-{place}", words, is_user=is_user, place=place)
        yield {"segments": [segment], "session_id": session}


def make_day(uid: str, now: datetime) -> dict[str, Any]:
    """The summary of yesterday."""
    day = (now - timedelta(days=1)).date().isoformat()
    summary = {
        "id": str(uuid5(NAMESPACE_URL, day)),
        "date": day,
        "created_at": now.replace(tzinfo=None).isoformat(),
        "headline": "A library that moves, and a piano that nobody wants",
        "overview": "Most of the day went into the timeline of the library move. In the evening there was time for the garden.",
        "day_emoji": "📚",
        "stats": {"total_conversations": 4, "total_duration_minutes": 96, "action_items_count": 3},
        "highlights": [{"topic": "Library", "emoji": "📅", "summary": "The move begins in March.", "conversation_ids": []}],
        "action_items": [{"description": "Send Kim the offer by Thursday", "priority": "high", "completed": False}],
        "unresolved_questions": [{"question": "What becomes of the piano?", "conversation_id": None}],
        "decisions_made": [{"decision": "Shelves first, books later."}],
        "knowledge_nuggets": [{"insight": "A grand piano needs four people and no stairs."}],
        "locations": [],
    }
    return {"uid": uid, "created_at": now.isoformat(), "summary": str(summary), "summary_json": summary}
