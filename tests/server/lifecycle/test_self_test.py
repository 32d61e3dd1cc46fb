from server.lifecycle import self_test
from server.lifecycle.self_test import find_missing


def test_self_test_finds_the_shipped_files() -> None:
    assert find_missing() == []


def test_self_test_names_the_shipped_files_that_are_missing(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(self_test, "shipped", lambda name: tmp_path / name)
    assert {"ui/dist/index.html", "ui/extension/manifest.json"} <= set(find_missing())
