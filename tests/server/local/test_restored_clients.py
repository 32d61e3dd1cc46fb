from dataclasses import replace

from server.access.clients.client import Client, Policy
from server.local.restored_clients import describe

CLIENT = Client("c", "bot", frozenset({"read:mail"}), {"send_email": Policy.allow}, None, key_hint="dh_abc", key_hash=b"1")


def test_client_is_described_with_all_that_it_may_do() -> None:
    difference = describe(CLIENT)
    assert (difference.title, difference.now) == ("Client: bot", "revoked")
    assert difference.restored.splitlines() == [
        "Permissions: read:mail",
        "send_email: allow",
        "Rate limit: the usual one",
        "Key: dh_abc…",
    ]


def test_id_changes_with_all_that_the_client_may_do() -> None:
    changes = (
        {"scopes": frozenset({"x"})},
        {"policies": {}},
        {"rate": "none"},
        {"key_hash": b"2"},
        {"name": "other"},
        {"id": "d"},
    )
    assert len({describe(CLIENT).id, *(describe(replace(CLIENT, **change)).id for change in changes)}) == len(changes) + 1
