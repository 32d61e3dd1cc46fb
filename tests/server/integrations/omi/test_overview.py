from server.integrations.omi.models import Kind
from server.integrations.omi.overview import MOST_LIVE, view_all, view_live


def test_live_view_shows_the_latest_segments_in_order(pendant) -> None:
    words = [{"id": f"{number:04}", "text": str(number), "start": number} for number in range(MOST_LIVE + 5)]
    pendant.send(words, Kind.transcript)
    texts = [segment.text for segment in pendant.run(view_live(pendant.omi)).segments]
    assert texts == [str(number) for number in range(5, MOST_LIVE + 5)]


def test_waiting_uid_is_not_shown(new_pendant) -> None:
    new_pendant.send([{"id": "1", "text": "hi"}], Kind.transcript)
    assert new_pendant.run(view_live(new_pendant.omi)).session is None
    seen = new_pendant.run(view_all(new_pendant.omi))
    assert (seen.last, seen.counts.waiting, seen.sources[0].kept_aside) == ([], 1, 1)
