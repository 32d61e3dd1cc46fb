from server.integrations.omi.payload import Todo
from server.integrations.omi.store import action_items
from server.integrations.omi.store.tables import count


def test_items_are_replaced_and_unique(pendant) -> None:
    def put(*words: str) -> list[str]:
        todos = [Todo(word, completed=False, due_at=None, created_at=None) for word in words]
        pendant.write(action_items.put_all, "me", "c1", todos, "2026")
        return [row["description"] for row in pendant.read(action_items.read_some, 10, 0, completed=None)]

    assert put("a", "b", "a") == ["b", "a"]
    assert put("c") == ["c"]
    assert put() == []


def test_items_of_a_waiting_uid_are_hidden(pendant) -> None:
    todo = Todo("theirs", completed=False, due_at=None, created_at=None)
    pendant.write(action_items.put_all, "stranger", "c1", [todo], "2026")
    assert pendant.read(action_items.read, action_items.make_id("stranger", "c1", "theirs")) is None
    assert pendant.read(count, action_items.COUNT_OPEN) == 0
