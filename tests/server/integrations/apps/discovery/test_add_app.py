import os

import pytest

from server.core.errors import InvalidInput
from server.integrations.apps.discovery.add_app import NewApp, make_entry, stem_of
from server.integrations.apps.resolve.launch_spec import Machine
from tests.server.integrations.apps.discovery.test_windows_shortcut import make_link

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs of these tests are written for POSIX")


@pytest.fixture
def machine(tmp_path):
    """A computer with one program in PATH, one elsewhere, and a menu that shows the first."""
    for name in ("bin/writer", "opt/My Tool"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    menu = tmp_path / "data" / "applications"
    menu.mkdir(parents=True)
    (menu / "org.Writer.desktop").write_text("[Desktop Entry]\nName=Writer\nExec=writer %U\n")
    (tmp_path / "text").write_text("no program")
    environment = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    return Machine("linux", environment)


def add(machine, program, title=None):
    name, entry = make_entry(NewApp(program=program, title=title), machine)
    return name, entry.model_dump(mode="json", exclude_unset=True, exclude_none=True)


@pytest.mark.parametrize(
    ("program", "title", "name", "entry"),
    [
        ("writer", None, "writer", {"platforms": {"linux": [{"path": "writer"}]}}),
        (" writer ", "Writer", "Writer", {"platforms": {"linux": [{"path": "writer"}]}}),
        ("~/opt/My Tool", None, "My Tool", {"platforms": {"linux": [{"path": "~/opt/My Tool"}]}}),
        (
            "writer --new 'a b'",
            None,
            "writer",
            {"platforms": {"linux": [{"path": "writer"}]}, "args": ["--new", "a b"]},
        ),
        (
            "org.Writer.desktop",
            "The Writer",
            "The Writer",
            {"platforms": {"linux": [{"desktop": "org.Writer.desktop"}]}, "name": "The Writer"},
        ),
        (
            "~/data/applications/org.Writer.desktop",
            None,
            "org.Writer",
            {"platforms": {"linux": [{"desktop": "org.Writer.desktop"}]}},
        ),
    ],
)
def test_typed_or_chosen_program_becomes_an_entry(machine, program, title, name, entry):
    assert add(machine, program, title) == (name, entry)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("", "Write the name"),
        ("nothing", "No program called 'nothing' is in PATH"),
        ("nothing --at all", "is in PATH"),
        ("it's", "is in PATH"),
        ("~/opt", "a folder"),
        ("~/text", "no program"),
        ("~/gone", "nothing at this path"),
        ("./writer", "write the whole path"),
        ("gone.desktop", "is in PATH"),
        ("~/opt/x.desktop", "no menu shows it"),
        ("a\0b", "Write the name"),
    ],
)
def test_program_that_cannot_be_started_is_refused_with_a_hint(machine, program, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        add(machine, program)


def test_windows_shortcut_is_followed(tmp_path):
    (tmp_path / "Writer.lnk").write_bytes(make_link("C:\\Writer\\wr.exe"))
    (tmp_path / "Broken.lnk").write_bytes(b"x")
    machine = Machine("windows", {"HOME": str(tmp_path)}, lambda path: path == "C:\\Writer\\wr.exe")
    assert add(machine, "~/Writer.lnk", "The Writer") == (
        "The Writer",
        {"platforms": {"windows": [{"path": "C:\\Writer\\wr.exe"}]}, "name": "The Writer"},
    )
    with pytest.raises(InvalidInput, match="leads to no program"):
        add(machine, "~/Broken.lnk")


def test_program_has_a_short_name():
    windows, linux = Machine("windows", {}), Machine("linux", {})
    assert stem_of("C:\\Code\\Code.exe", windows) == "Code"
    assert stem_of("/opt/app/Tool.AppImage", linux) == "Tool"
    assert stem_of("/usr/bin/python3.11", linux) == "python3.11"
