from server.lifecycle.self_test import find_missing


def test_everything_that_ships_is_there() -> None:
    assert find_missing() == []
