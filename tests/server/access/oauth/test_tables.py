from server.access.oauth import tables
from server.access.tables import metadata


def test_they_are_among_those_that_are_compared_with_the_migrations():
    assert {"oauth_client", "oauth_grant", "oauth_code", "oauth_token"} <= set(metadata.tables)
    assert tables.oauth_grant.c.client_id.foreign_keys
