import os

import pytest

from server.integrations.apps.allow_list.entries import Entry
from server.integrations.apps.resolve.interpreters import is_interpreter, warn_of_interpreter
from server.integrations.apps.resolve.launch_spec import Machine, resolve


@pytest.mark.parametrize(
    "name",
    [
        "bash",
        "sh",
        "zsh",
        "cmd.exe",
        "powershell.exe",
        "PowerShell.EXE",
        "python",
        "python3",
        "python3.11",
        "python3.12.exe",
        "ruby-3.2",
        "lua5.4",
        "node",
        "perl",
        "java",
        "env",
        "sudo",
        "osascript",
        "wscript.exe",
        "xterm",
        "gnome-terminal",
        "Terminal.app",
        "gnome-console",
        "xdg-open",
        "busybox",
    ],
)
def test_shell_interpreter_or_terminal_is_known_by_its_name(name: str) -> None:
    assert is_interpreter(name)


@pytest.mark.parametrize(
    "name",
    [
        "firefox",
        "gedit",
        "code",
        "notepad.exe",
        "Safari.app",
        "libreoffice7.5",
        "shotwell",
        "nodeeditor",
        "envelope",
        "commander",
    ],
)
def test_other_program_is_no_interpreter(name: str) -> None:
    assert not is_interpreter(name)


@pytest.mark.skipif(os.name == "nt", reason="links there need a right of their own")
def test_link_to_a_shell_is_warned_of(tmp_path) -> None:
    shell, link, plain = tmp_path / "bash", tmp_path / "notes", tmp_path / "gedit"
    for path in (shell, plain):
        path.write_text("#!")
        path.chmod(0o755)
    link.symlink_to(shell)
    warnings = {}
    for path in (shell, link, plain):
        spec = resolve(
            Entry.model_validate({"platforms": {"linux": [{"path": str(path)}]}}), Machine("linux", {"HOME": str(tmp_path)})
        )
        assert spec is not None
        warnings[path.name] = warn_of_interpreter(spec)
    assert warnings["gedit"] is None
    assert "bash runs any command" in (warnings["bash"] or "")
    assert warnings["notes"] == warnings["bash"]
