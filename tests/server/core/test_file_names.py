import pytest

from server.core.file_names import LONGEST_NAME, clean_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\\b\\report.pdf", "report.pdf"),
        ("con.txt", "_con.txt"),
        ("what?.txt", "what_.txt"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("..", ""),
        ("ü" * 200 + ".pdf", "ü" * 58 + ".pdf"),
        ("x." + "y" * 40, "x." + "y" * 40),
    ],
)
def test_name_is_safe_on_every_system(name: str, safe: str) -> None:
    assert clean_name(name) == safe
    assert len(clean_name(name).encode()) <= LONGEST_NAME
