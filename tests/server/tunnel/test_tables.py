from server.access.tables import metadata as access
from server.tunnel.tables import metadata


def test_tables_differ_from_those_of_access() -> None:
    assert not metadata.tables.keys() & access.tables.keys()
