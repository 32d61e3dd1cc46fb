import pytest

from server.integrations.conversations.export.file_names import FileNames, name_chat


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Taxes 2025/26", "2026-11-22 Taxes 2025-26.md"),
        ("../../etc/passwd", "2026-11-22 -.-etc-passwd.md"),
        ("C:\\x", "2026-11-22 C_-x.md"),
        ("", "2026-11-22 Untitled.md"),
        ("\u202e\u0000 . ", "2026-11-22 Untitled.md"),
        ("notes.md", "2026-11-22 notes.md"),
    ],
)
def test_file_has_a_safe_name_of_date_and_title(title, name):
    assert name_chat(title, 1_795_348_800.0, ".md") == name


def test_name_without_a_date_is_no_device():
    assert name_chat("con", None, ".md") == "_con.md"
    assert name_chat("a", 1e30, ".md") == "a.md"
    assert len(name_chat("ü" * 500, 0.0, ".md").encode()) < 200


def test_each_name_is_taken_once_also_where_case_does_not_matter():
    names = FileNames()
    made = [names.add(name) for name in ("a.md", "A.md", "a.md", "a (2).md", "e\u0301.md", "\u00e9.md")]
    assert made == ["a.md", "A (2).md", "a (3).md", "a (2) (2).md", "e\u0301.md", "\u00e9 (2).md"]
    assert len({name.casefold() for name in made}) == 6


def test_many_equal_names_take_no_longer_each():
    names = FileNames()
    assert len({names.add("a.md") for _ in range(20_000)}) == 20_000
