from server.integrations.omi.store import day_summaries
from server.integrations.omi.store.tables import count, forget


def test_days_are_read_newest_first(pendant) -> None:
    for day in ("2026-11-19", "2026-11-21", "2026-11-20"):
        summary = {"id": day, "date": day, "created_at": day, "body": "{}"}
        assert pendant.write(day_summaries.put, "me", summary)
        assert not pendant.write(day_summaries.put, "me", summary | {"created_at": "2000"})
    assert [row["date"] for row in pendant.read(day_summaries.read_some, 2, 0)] == ["2026-11-21", "2026-11-20"]
    assert pendant.read(count, day_summaries.COUNT) == 3
    pendant.write(forget, day_summaries.FORGET_OLD, "2026-11-21")
    assert pendant.read(count, day_summaries.COUNT) == 1
