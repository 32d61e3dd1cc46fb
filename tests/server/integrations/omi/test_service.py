from server.integrations.omi.models import Kind
from server.integrations.omi.store import conversations, transcripts
from server.integrations.omi.store.conversations import ConversationQuery
from tests.server.integrations.omi.pendant import make_memory


def test_summary_says_how_much_there_is_and_asks_for_nothing(new_pendant) -> None:
    omi, run = new_pendant.omi, new_pendant.run
    run(omi.refresh())
    assert omi.summary == "For an OMI wearable; not set up"
    assert (omi.is_set_up, omi.setup_hint) == (False, None)
    assert run(omi.list_addresses()) == {}
    run(omi.make_address())
    new_pendant.send(make_memory())
    run(omi.refresh())
    assert omi.summary == "0 conversations, 1 account needs your approval"
    assert omi.is_set_up
    assert run(omi.list_addresses())["omi_day_summary"].startswith("/chatgpt/webhook/day-summary/")
    new_pendant.accept()
    run(omi.refresh())
    assert omi.summary == "1 conversation"


def test_nothing_is_removed_until_retention_is_set(pendant, tmp_path) -> None:
    pendant.send(make_memory("old", created_at="2020-01-01T00:00:00Z"))
    pendant.send(make_memory("new", created_at=pendant.clock.now().isoformat()))
    pendant.send([{"id": "1", "text": "hi"}], Kind.transcript)
    pendant.send(b"\0\0" * 500_000, Kind.audio, rate=16_000)
    pendant.clock.move(days=40)
    pendant.run(pendant.omi.prune())
    assert len(pendant.read(conversations.read_some, ConversationQuery(9))) == 2
    pendant.set(keep_days=60)
    pendant.run(pendant.omi.prune())
    assert [row["id"] for row in pendant.read(conversations.read_some, ConversationQuery(9))] == ["new"]
    pendant.set(keep_days=30, sound_megabytes=0)
    pendant.run(pendant.omi.prune())
    assert pendant.read(conversations.read_some, ConversationQuery(9)) == []
    assert pendant.read(transcripts.find_latest) is None
    assert list((tmp_path / "data" / "files" / "omi").iterdir()) == []
