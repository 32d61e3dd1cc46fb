"""Environments of presets for tests: what a program has installed once is copied while it is told the same."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

RunProgram = Callable[[list[str], Path, Callable[[str], None]], Awaitable[list[str]]]


def copy_installed(run_program: RunProgram, folder_of_copies: Path) -> RunProgram:
    """Let `run_program` make an environment, or install into one, once for each command and the packages that it finds."""
    made: dict[tuple[object, ...], tuple[Path, list[str]]] = {}

    async def run(command: list[str], folder: Path, on_line: Callable[[str], None]) -> list[str]:
        if not {"venv", "install"} & set(command):
            return await run_program(command, folder, on_line)
        key, lines = describe(command, folder), list[str]()
        if key in made:
            former, lines = made[key]
            await asyncio.to_thread(link_all, former, folder)
            for line in lines:
                on_line(line)
            return lines
        await run_program(command, folder, lambda line: on_line(line) or lines.append(line))
        made[key] = folder_of_copies / str(len(made)), lines
        await asyncio.to_thread(link_all, folder, made[key][0])
        return lines

    return run


def describe(command: list[str], folder: Path) -> tuple[object, ...]:
    """Describe what decides about an installation: its command, the locks that it names, and the packages that pip finds."""
    words = (Path(word).read_text() if word.endswith(".lock") else word.replace(str(folder), "") for word in command)
    packages = sorted(Path(os.environ["PIP_FIND_LINKS"]).iterdir()) if "install" in command else []
    return (*words, *((path.name, path.read_bytes()) for path in packages))


def link_all(source: Path, target: Path) -> None:
    """Make a folder of the same files: programs here replace files, and change none."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True, copy_function=os.link)
