"""Events that OpenAI has delivered."""

from server.integrations.conversations.store import openai_events


def test_event_is_new_once_and_forgotten_after_a_while(desk):
    def add(event_id, at, before):
        return desk.run(desk.context.database.write(openai_events.add, event_id, at, before))

    assert add("evt_1", "2026-11-01", "2026-10-25")
    assert not add("evt_1", "2026-11-02", "2026-10-26")
    assert add("evt_2", "2026-11-20", "2026-11-13")
    assert add("evt_1", "2026-11-20", "2026-11-13")
