from dataclasses import replace

from server.integrations.omi.models import Kind, OmiSettings
from server.integrations.omi.store import deliveries
from server.integrations.omi.store.deliveries import Delivery, Fate

ONE = Delivery(Kind.memory, "me", "k1", "d1", 10, "2026-11-21", "A talk", "a test", "omi-1", lambda _: True)


def receive(pendant, one: Delivery) -> Fate:
    return pendant.write(deliveries.receive, one, OmiSettings()).fate


def test_a_delivery_is_known_again_by_key_and_by_content(pendant) -> None:
    assert receive(pendant, ONE) is Fate.kept
    assert receive(pendant, ONE) is Fate.known
    assert receive(pendant, replace(ONE, key=None)) is Fate.known
    assert receive(pendant, replace(ONE, digest="d2")) is Fate.clash
    assert receive(pendant, replace(ONE, kind=Kind.button)) is Fate.kept
    assert receive(pendant, replace(ONE, uid="another")) is Fate.kept
    pendant.write(deliveries.forget_old, "2027")
    assert receive(pendant, ONE) is Fate.kept


def test_what_could_not_be_stored_was_never_here(pendant) -> None:
    def fail(_: object) -> bool:
        raise OSError

    for _ in range(2):
        try:
            pendant.write(deliveries.receive, replace(ONE, keep=fail), OmiSettings())
        except OSError:
            continue
    assert receive(pendant, ONE) is Fate.kept
    assert [row["count"] for row in pendant.read(deliveries.read_last, 9) if row["kind"] == Kind.memory] == [1]
