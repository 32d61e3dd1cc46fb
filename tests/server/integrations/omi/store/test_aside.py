from server.integrations.omi.models import Kind
from server.integrations.omi.store import aside
from server.integrations.omi.store.tables import count, forget


def test_old_deliveries_without_content_are_forgotten(pendant) -> None:
    pendant.send({})
    for day in ("2026-11-19", "2026-11-20"):
        pendant.write(aside.put, {"uid": "me", "kind": Kind.memory, "at": day, "added_by": "", "body": "{}"})
    pendant.write(forget, aside.FORGET_OLD, "2026-11-20")
    assert pendant.read(count, aside.COUNT) == 2
