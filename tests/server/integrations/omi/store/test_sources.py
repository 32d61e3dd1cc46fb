from server.integrations.omi.store import sources
from server.integrations.omi.store.tables import count
from tests.server.integrations.omi.pendant import make_memory


def test_waiting_uids_come_first(pendant) -> None:
    pendant.send(make_memory(), uid="waiting")
    assert [(row["uid"], row["state"]) for row in pendant.read(sources.read_all)] == [("waiting", "waiting"), ("me", "accepted")]
    assert pendant.read(count, sources.COUNT_WAITING) == 1
    assert pendant.read(sources.find, "nobody") is None


def test_forgotten_uid_leaves_nothing(pendant) -> None:
    pendant.send(make_memory())
    pendant.run(pendant.omi.sources.forget("me"))

    def count(connection):
        return [connection.execute(table.select()).all() for table in (*sources.WHAT_IT_SENT, sources.source)]

    assert pendant.read(count) == [[]] * (len(sources.WHAT_IT_SENT) + 1)
