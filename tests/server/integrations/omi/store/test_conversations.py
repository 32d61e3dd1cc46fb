from dataclasses import replace

import pytest

from server.integrations.omi.payload import read_conversation
from server.integrations.omi.store import conversations
from server.integrations.omi.store.conversations import is_older
from tests.server.integrations.omi.pendant import make_memory

TOLD = read_conversation(make_memory())


@pytest.mark.parametrize(
    ("known", "told", "older"),
    [
        ({"updated_at": "2"}, {"updated_at": "1"}, True),
        ({"updated_at": "1"}, {"updated_at": "2"}, False),
        ({"updated_at": "1"}, {}, True),
        ({}, {"updated_at": "1"}, False),
        ({"finished_at": "2"}, {"finished_at": "1"}, True),
        ({"finished_at": "1"}, {"finished_at": "2"}, False),
        ({"status": "completed"}, {"status": "processing"}, True),
        ({"status": "processing"}, {"status": "completed"}, False),
        ({}, {}, False),
    ],
)
def test_what_is_older_is_known_by_what_omi_says(known, told, older) -> None:
    empty = {"updated_at": None, "finished_at": None, "status": "completed"}
    assert is_older(replace(TOLD, **{**empty, **told}), {**empty, **known}) is older


def test_what_was_removed_stays_removed(pendant) -> None:
    assert pendant.write(conversations.put, "me", TOLD, "{}", "2026")
    assert pendant.write(conversations.remove, "me", TOLD.id, "2026")
    assert not pendant.write(conversations.put, "me", replace(TOLD, updated_at="9999"), "{}", "2026")
    assert pendant.read(conversations.read, TOLD.id) is None
    assert pendant.read(conversations.count) == 0
