import os
from pathlib import Path

import pytest

from server.core.errors import InvalidInput
from server.tunnel.agent import CHUNK, MAX_OUTPUT, check_own, file_name, find_agent, find_in_path, make_agent, run_program
from tests.running import identify

AGENT = "#!/bin/sh\necho ngrok version {}\n"


def write(path: Path, text: str = AGENT.format("3.22.1")) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o700)
    return path


def test_own_agent_precedes_the_downloaded_one_and_the_one_in_path(tmp_path: Path, monkeypatch) -> None:
    own, ours, common = (write(tmp_path / folder / "ngrok") for folder in ("own", "ours", "common"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(common.parent), "/usr/bin", "/bin"]))
    agent = find_agent("ngrok", ours.parent, str(own))
    assert agent and (agent.path, agent.own, agent.version) == (str(own), True, "3.22.1")
    agent = find_agent("ngrok", ours.parent, None)
    assert agent and (agent.path, agent.own) == (str(ours), False)
    agent = find_agent("ngrok", tmp_path, None)
    assert agent and (agent.path, agent.own) == (str(common), True)
    own.unlink()
    assert find_agent("ngrok", ours.parent, str(own)) is None


def test_pyngrok_command_of_the_same_name_is_skipped(tmp_path: Path) -> None:
    fake = write(tmp_path / "venv" / "ngrok", "#!/usr/bin/python3\nfrom pyngrok.ngrok import main\n")
    real = write(tmp_path / "bin" / "ngrok")
    assert find_in_path("ngrok", os.pathsep.join([str(fake.parent), str(real.parent)])) == [real]
    with pytest.raises(InvalidInput):
        check_own(str(fake))


def test_version_is_read_again_after_the_program_was_replaced(tmp_path: Path) -> None:
    program = write(tmp_path / "ngrok")
    first = make_agent(program, own=True)
    write(program, AGENT.format("3.30.10-beta"))
    again = make_agent(program, own=True)
    assert first and again and (first.version, again.version) == ("3.22.1", "3.30.10-beta")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (AGENT.format("2.3.40"), "too old"),
        ("#!/bin/sh\necho hello\n", "not ngrok's agent"),
        ("#!/bin/sh\nexit 1\n", "not ngrok's agent"),
    ],
)
def test_old_or_other_program_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        check_own(str(write(tmp_path / "ngrok", text)))


def test_path_must_be_absolute_and_name_a_program(tmp_path: Path) -> None:
    assert check_own(f' "{write(tmp_path / "ngrok")}" ') == str(tmp_path / "ngrok")
    with pytest.raises(InvalidInput, match="whole path"):
        check_own("ngrok")
    with pytest.raises(InvalidInput, match="no program"):
        check_own(str(tmp_path / "nothing"))
    (tmp_path / "text").write_text("no program")
    with pytest.raises(InvalidInput, match="may be run"):
        check_own(str(tmp_path / "text"))


def test_file_name_has_the_suffix_of_the_system() -> None:
    assert file_name("ngrok") == ("ngrok.exe" if os.name == "nt" else "ngrok")


def test_program_without_the_name_or_the_mark_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(InvalidInput, match="not ngrok's agent"):
        check_own(str(write(tmp_path / "tool", f"#!/bin/sh\ntouch {ran}\n")))
    assert not ran.exists()
    renamed = write(tmp_path / "renamed", "#!/bin/sh\n" + "#" * (CHUNK - 20) + "\n" + AGENT.format("3.1.0"))
    assert check_own(str(renamed)) == str(renamed)


@pytest.mark.parametrize("path", ["/a\0b", "~\0/ngrok", "~nobody-of-this-name/ngrok", "/a\ud800", "/" + "x" * 5000])
def test_invalid_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        check_own(path)


def test_endless_and_missing_output_are_cut_off(tmp_path: Path) -> None:
    flood = write(tmp_path / "flood" / "ngrok", "#!/bin/sh\nwhile :; do echo ngrok version 3.1.0; done\n")
    assert run_program(str(flood), "version", 60) is None
    enough = write(tmp_path / "enough", f"#!/bin/sh\nhead -c {MAX_OUTPUT} /dev/zero\n")
    assert len(run_program(str(enough), "version", 60) or "") == MAX_OUTPUT
    much = write(tmp_path / "much", f"#!/bin/sh\nhead -c {MAX_OUTPUT + 1} /dev/zero\n")
    assert run_program(str(much), "version", 60) is None
    children = tmp_path / "children"
    silent = write(tmp_path / "silent" / "ngrok", f"#!/bin/sh\nsleep 600 & echo $! > {children}\nexec sleep 600\n")
    assert run_program(str(silent), "version", 1) is None
    assert identify(int(children.read_text())) is None
