"""The store of usage."""

from server.integrations.conversations.store import usage

VALUES = {"at": "2026-11-20T12:00:00+00:00", "month": "2026-11", "project": "1", "client": "", "model": "gpt-5"}
TOKENS = {"input_tokens": 1, "cached_tokens": 0, "output_tokens": 1, "reasoning_tokens": 0}


def test_settled_row_is_not_released(desk):
    write = desk.context.database.write
    number = desk.run(write(usage.add, {**VALUES, "reserved": 5}))
    desk.run(write(usage.settle, number, TOKENS, 3))
    desk.run(write(usage.release, number))
    assert desk.run(desk.context.database.read(usage.read_balances, "2026-11")) == {"1": usage.Balance(3, 0)}


def test_oldest_uncertain_row_of_a_client_is_found_first(desk):
    write = desk.context.database.write
    numbers = [desk.run(write(usage.add, {**VALUES, "client": client, "reserved": 5})) for client in ("", "c", "", "c")]
    assert desk.run(write(usage.find_uncertain, "1", "c")) is None
    assert desk.run(write(usage.doubt_all)) == 4
    assert desk.run(write(usage.find_uncertain, "1", "c")) == numbers[1]
    assert desk.run(write(usage.find_uncertain, "2", "c")) is None


def test_calls_are_the_newest_first_without_those_in_progress(desk):
    write = desk.context.database.write
    numbers = [desk.run(write(usage.add, {**VALUES, "reserved": 5})) for _ in range(3)]
    for number in numbers[:2]:
        desk.run(write(usage.settle, number, TOKENS, None, "gpt-5-2025"))
    rows = desk.run(desk.context.database.read(usage.read_calls, "2026-11", 10))
    assert [(row["number"], row["cost"], row["model"]) for row in rows] == [
        (numbers[1], None, "gpt-5-2025"),
        (numbers[0], None, "gpt-5-2025"),
    ]
