from dataclasses import replace

from server.integrations.omi.models import Kind, OmiSettings
from server.integrations.omi.store import deliveries
from server.integrations.omi.store.deliveries import DeliveryOutcome, ParsedDelivery
from server.integrations.omi.store.tables import forget

DELIVERY = ParsedDelivery(Kind.memory, "me", "k1", "d1", 10, "2026-11-21", "A talk", "a test", "omi-1", lambda _: True)


def receive(pendant, delivery: ParsedDelivery) -> DeliveryOutcome:
    return pendant.write(deliveries.receive, delivery, OmiSettings()).outcome


def test_duplicate_is_recognized_by_key_and_by_content(pendant) -> None:
    assert receive(pendant, DELIVERY) is DeliveryOutcome.stored
    assert receive(pendant, DELIVERY) is DeliveryOutcome.duplicate
    assert receive(pendant, replace(DELIVERY, key=None)) is DeliveryOutcome.duplicate
    assert receive(pendant, replace(DELIVERY, digest="d2")) is DeliveryOutcome.key_reused
    assert receive(pendant, replace(DELIVERY, kind=Kind.button)) is DeliveryOutcome.stored
    assert receive(pendant, replace(DELIVERY, uid="another")) is DeliveryOutcome.stored
    pendant.write(forget, deliveries.FORGET_OLD, "2027")
    assert receive(pendant, DELIVERY) is DeliveryOutcome.stored


def test_failed_delivery_leaves_no_trace(pendant) -> None:
    def fail(_: object) -> bool:
        raise OSError

    for _ in range(2):
        try:
            pendant.write(deliveries.receive, replace(DELIVERY, save=fail), OmiSettings())
        except OSError:
            continue
    assert receive(pendant, DELIVERY) is DeliveryOutcome.stored
    assert [row["count"] for row in pendant.read(deliveries.read_last, 9) if row["kind"] == Kind.memory] == [1]
