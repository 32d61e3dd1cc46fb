import sys

import pytest

from server.core.errors import Unavailable
from server.integrations.tools.presets.pythons import find_python, probe


def write_program(folder, text):
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(program)


def test_own_python_makes_environments() -> None:
    assert find_python().program == sys.executable


def test_program_that_is_no_python_is_none(tmp_path) -> None:
    assert probe(write_program(tmp_path, "exit 3")) == (False, False, False, False)
    assert probe(str(tmp_path / "missing")) == (False, False, False, False)


@pytest.mark.parametrize(
    ("answer", "part"),
    [("False True True True", "needs Python 3.11"), ("True True False False", "python3-venv"), ("True False True True", "venv")],
)
def test_frozen_program_says_what_is_missing(tmp_path, monkeypatch, answer, part) -> None:
    write_program(tmp_path, f"echo {answer}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(Unavailable, match=part):
        find_python()


def test_frozen_program_uses_the_python_of_the_system(tmp_path, monkeypatch) -> None:
    program = write_program(tmp_path, "echo True True False True")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert find_python().program == program
    assert not find_python().brings_pip
