from server.lifecycle.self_test import find_missing


def test_self_test_finds_the_shipped_files() -> None:
    assert find_missing() == []
