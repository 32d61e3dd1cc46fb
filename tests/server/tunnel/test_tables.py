from server.access.tables import metadata as access
from server.tunnel.tables import metadata


def test_the_tunnels_tables_are_its_own() -> None:
    assert not metadata.tables.keys() & access.tables.keys()
