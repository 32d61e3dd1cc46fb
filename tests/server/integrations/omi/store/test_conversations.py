from dataclasses import replace

import pytest

from server.core.errors import Conflict
from server.integrations.omi.payload import read_conversation
from server.integrations.omi.store import conversations
from server.integrations.omi.store.conversations import is_older
from server.integrations.omi.store.tables import count
from tests.server.integrations.omi.pendant import make_memory

CONVERSATION = read_conversation(make_memory())


@pytest.mark.parametrize(
    ("known", "incoming", "older"),
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
def test_older_state_is_recognized(known, incoming, older) -> None:
    empty = {"updated_at": None, "finished_at": None, "status": "completed"}
    assert is_older(replace(CONVERSATION, **{**empty, **incoming}), {**empty, **known}) is older


def test_removed_conversation_stays_removed(pendant) -> None:
    assert pendant.write(conversations.put, "me", CONVERSATION, "{}", "2026")
    assert pendant.write(conversations.remove, "me", CONVERSATION.id, "2026")
    assert not pendant.write(conversations.put, "me", replace(CONVERSATION, updated_at="9999"), "{}", "2026")
    assert pendant.read(conversations.read, CONVERSATION.id) is None
    assert pendant.read(count, conversations.COUNT) == 0


def test_client_changes_only_what_it_added(pendant) -> None:
    def put(title: str, client: str = "", number: str = "c1", at: str = "9998") -> bool:
        conversation = replace(CONVERSATION, id=number, title=title, updated_at=at)
        return pendant.write(conversations.put, "me", conversation, "{}", "2026-11-21", client)

    def title(number: str) -> str:
        return pendant.read(conversations.read, number)["title"]

    assert put("OMI's", at="2026-01-01")
    with pytest.raises(Conflict, match="id of its own"):
        put("poisoned", "client")
    assert put("added", "client", "new")
    assert put("changed", "client", "new")
    with pytest.raises(Conflict):
        put("poisoned", "another", "new")
    assert (title("c1"), title("new")) == ("OMI's", "changed")
    assert put("OMI's too", number="new", at="2026-01-01")
    with pytest.raises(Conflict):
        put("poisoned", "client", "new")
    assert title("new") == "OMI's too"


def test_future_update_time_of_a_client_is_capped_at_now(pendant) -> None:
    for at, now in (("9998", "2026-11-21"), ("9997", "2026-11-22")):
        conversation = replace(CONVERSATION, updated_at=at, title=at)
        assert pendant.write(conversations.put, "me", conversation, "{}", now, "client")
    assert pendant.read(conversations.read, CONVERSATION.id)["updated_at"] == "2026-11-22"


def test_client_cannot_hide_a_conversation_behind_the_same_id(pendant) -> None:
    pendant.send(make_memory(), uid="second")
    pendant.accept("second")
    conversation = replace(CONVERSATION, created_at="9998", title="poisoned")
    assert pendant.write(conversations.put, "me", conversation, "{}", "2026", "client")
    assert pendant.read(conversations.read, CONVERSATION.id)["uid"] == "second"
