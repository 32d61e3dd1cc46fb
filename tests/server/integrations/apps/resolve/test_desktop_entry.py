import pytest

from server.integrations.apps.resolve.desktop_entry import application_folders, command_of, read_command


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("firefox %u", ["firefox", "{target}"]),
        ('"/opt/My App/run" --flag "a b" %F', ["/opt/My App/run", "--flag", "a b", "{target}"]),
        ("app --percent 100%% %i %c %k", ["app", "--percent", "100%"]),
        ("app", ["app"]),
    ],
)
def test_exec_line_is_parsed(line, words):
    assert command_of(f"[Desktop Entry]\nName=App\nExec={line}\n\n[Desktop Action new]\nExec=other\n") == words


def test_user_desktop_entry_comes_first(tmp_path):
    for folder, program in (("own", "mine"), ("shared", "theirs")):
        (tmp_path / folder / "applications").mkdir(parents=True)
        (tmp_path / folder / "applications" / "a.desktop").write_text(f"[Desktop Entry]\nExec={program}\n")
    environment = {"XDG_DATA_HOME": str(tmp_path / "own"), "XDG_DATA_DIRS": f"relative:{tmp_path / 'shared'}"}
    assert read_command("a.desktop", environment, "/h") == ["mine"]
    (tmp_path / "own" / "applications" / "a.desktop").write_text("no such thing")
    assert read_command("a.desktop", environment, "/h") == ["theirs"]
    assert read_command("b.desktop", environment, "/h") == []


def test_default_folders_are_searched_without_xdg_variables():
    assert [str(folder) for folder in application_folders({}, "/h")] == [
        "/h/.local/share/applications",
        "/usr/local/share/applications",
        "/usr/share/applications",
    ]


def test_desktop_entry_without_exec_runs_nothing(tmp_path):
    (tmp_path / "applications").mkdir()
    for text in ("[Desktop Entry]\nName=x\n", "[Other]\n", 'x"', '[Desktop Entry]\nExec="\n'):
        (tmp_path / "applications" / "a.desktop").write_text(text)
        assert read_command("a.desktop", {"XDG_DATA_HOME": str(tmp_path), "XDG_DATA_DIRS": "none"}, "/h") == []
