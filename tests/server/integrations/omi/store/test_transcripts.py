from sqlalchemy import update

from server.integrations.omi.payload import UNREADABLE
from server.integrations.omi.store import transcripts
from server.integrations.omi.store.tables import forget, segment


def test_sessions_are_separate_and_the_last_segments_are_read(pendant) -> None:
    for session, now in (("a", "2026-01"), ("b", "2026-02")):
        segments = [{"id": str(number), "text": f"{session}{number}", "start": number} for number in range(4)]
        pendant.write(transcripts.put_all, "me", session, segments, now)
    assert pendant.read(transcripts.find_latest)["session"] == "b"
    assert pendant.read(transcripts.find_latest, "a")["session"] == "a"
    assert [segment.text for segment in pendant.read(transcripts.read, "me", "a", 2)] == ["a2", "a3"]
    pendant.write(forget, transcripts.FORGET_OLD, "2026-02")
    assert pendant.read(transcripts.find_latest, "a") is None


def test_segment_that_cannot_be_read_hides_no_other(pendant) -> None:
    segments = [{"id": str(number), "text": f"words {number}", "start": number} for number in range(3)]
    pendant.write(transcripts.put_all, "me", "a", segments, "2026-01")
    pendant.write(
        lambda connection: connection.execute(update(segment).where(segment.c.id == "1").values(body="no JSON")) and True
    )
    assert [words.text for words in pendant.read(transcripts.read, "me", "a", 9)] == ["words 0", UNREADABLE, "words 2"]
