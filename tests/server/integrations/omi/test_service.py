from server.integrations.omi.models import Kind
from server.integrations.omi.store import conversations, transcripts
from server.integrations.omi.store.conversations import Wanted
from tests.server.integrations.omi.pendant import make_memory


def test_it_says_how_it_is_and_asks_nothing_of_who_has_no_wearable(new_pendant) -> None:
    wearable, run = new_pendant.wearable, new_pendant.run
    run(wearable.refresh())
    assert wearable.summary == "For an OMI wearable; not set up"
    assert run(wearable.list_addresses()) == {}
    run(wearable.make_address())
    new_pendant.send(make_memory())
    run(wearable.refresh())
    assert wearable.summary == "0 conversations, 1 account waits for your word"
    assert run(wearable.list_addresses())["omi_day_summary"].startswith("/chatgpt/webhook/day-summary/")
    new_pendant.accept()
    run(wearable.refresh())
    assert wearable.summary == "1 conversation"


def test_everything_is_kept_unless_the_person_says_otherwise(pendant, tmp_path) -> None:
    pendant.send(make_memory("old", created_at="2020-01-01T00:00:00Z"))
    pendant.send(make_memory("new", created_at=pendant.clock.now().isoformat()))
    pendant.send([{"id": "1", "text": "hi"}], Kind.transcript)
    pendant.send(b"\0\0" * 500_000, Kind.audio, rate=16_000)
    pendant.clock.move(days=40)
    pendant.run(pendant.wearable.sweep())
    assert len(pendant.read(conversations.read_some, Wanted(9))) == 2
    pendant.set(keep_days=60)
    pendant.run(pendant.wearable.sweep())
    assert [row["id"] for row in pendant.read(conversations.read_some, Wanted(9))] == ["new"]
    pendant.set(keep_days=30, sound_megabytes=0)
    pendant.run(pendant.wearable.sweep())
    assert pendant.read(conversations.read_some, Wanted(9)) == []
    assert pendant.read(transcripts.find_latest) is None
    assert list((tmp_path / "data" / "files" / "omi").iterdir()) == []
