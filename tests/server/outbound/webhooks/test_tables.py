from server.access.tables import metadata as access
from server.outbound.webhooks.tables import metadata
from server.tunnel.tables import metadata as tunnel


def test_tables_differ_from_those_of_others():
    assert not metadata.tables.keys() & (access.tables.keys() | tunnel.tables.keys())
