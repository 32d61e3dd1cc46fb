import re
import shutil
import sys
from pathlib import Path

import pytest

from server.core.command import VARIABLE, find_program, format_command
from tests.conftest import ROOT

AS_PRINTED = re.compile(r"[`:] ?deskhand (?:--)?[a-z]")
QUOTING = {"server/core/command.py"}


def test_command_is_written_as_deskhand_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "python3 ../deskhand/run.py")
    assert format_command("clients create bot") == "python3 ../deskhand/run.py clients create bot"
    assert format_command() == "python3 ../deskhand/run.py"


def test_command_names_run_py_only_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program(tmp_path / "server") == "deskhand"
    (tmp_path / "run.py").touch()
    assert find_program(tmp_path / "server") == ("py run.py" if sys.platform == "win32" else "python3 run.py")


@pytest.mark.skipif(sys.platform == "win32", reason="a command there is an .exe")
def test_installed_command_is_named_if_it_is_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE)
    (tmp_path / "run.py").touch()
    for folder, expected in ((tmp_path / "elsewhere", "python3 run.py"), (tmp_path / "bin", "deskhand")):
        folder.mkdir()
        shutil.copy("/bin/true", folder / "deskhand")
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
        assert find_program(tmp_path / "server") == expected


def test_sentence_names_a_command_by_this_function_only() -> None:
    offenders = []
    for path in [*(ROOT / "server").rglob("*.py"), *(ROOT / "desktop").rglob("*.py")]:
        lines = path.read_text(encoding="utf-8").splitlines() if path.relative_to(ROOT).as_posix() not in QUOTING else []
        strings = [
            line
            for line in lines
            if '"' in line and '"""' not in line and "example(" not in line and not line.lstrip().startswith("#")
        ]
        offenders += [f"{path.name}: {line.strip()}" for line in strings if AS_PRINTED.search(line)]
    assert offenders == []


def test_window_names_no_command_by_itself() -> None:
    sources = [path for path in (ROOT / "ui" / "src").rglob("*") if path.suffix in {".svelte", ".ts"}]
    assert [
        path.name for path in sources if re.search(r"deskhand (restore|serve|clients|tunnel)|run\.py", path.read_text("utf-8"))
    ] == []
