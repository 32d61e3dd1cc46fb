"""Installation of a preset into its environment, from its lock, or in a newer version without."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from server.core.errors import UpstreamFailed
from server.integrations.tools.presets.catalogue import LOCKS, Manager, Preset
from server.integrations.tools.presets.environments import Environment, read_lock, read_manifest
from server.integrations.tools.presets.process import run_program
from server.integrations.tools.presets.pythons import Python, find_python
from server.system.files import make_private_folder, not_stored

NODE_LOCK = LOCKS / "node.lock"
PIP_OPTIONS = ("--only-binary", ":all:")  # nothing is built: building runs what a package brings
NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--omit", "dev", "--loglevel", "error")
PIP_SHARE, NPM_SHARE = 80, 40  # percent of the whole that pip takes
VERSION = re.compile(r"[0-9][0-9A-Za-z.+!_-]{0,60}")

Report = Callable[[str, int | None], None]  # a step as a person reads it, and how much is done in percent


@dataclass(frozen=True)
class Installation:
    """Installs one version of a preset."""

    environment: Environment
    python: Python
    report: Report

    @property
    def preset(self) -> Preset:
        return self.environment.preset

    @property
    def is_locked(self) -> bool:
        return self.environment.version == self.preset.version

    async def run(self) -> None:
        """Install all. Raises UpstreamFailed with the sentence of what failed."""
        environment, folder = self.environment, self.environment.folder
        self.report("Creating its environment", 0)
        await asyncio.to_thread(environment.clear)
        await asyncio.to_thread(make_private_folder, folder)
        options = [] if self.python.brings_pip else ["--without-pip"]
        await run_program([self.python.program, "-I", "-m", "venv", *options, str(folder)], folder, ignore)
        if self.preset.manager is Manager.pip:
            await self._install_python()
        else:
            await self._install_node()
        await asyncio.to_thread(environment.mark_complete)

    async def _install_python(self) -> None:
        lock = self.preset.locks / f"{self.preset.id}.lock"
        if self.is_locked:
            await self._run_pip(["--no-deps", "--require-hashes", "--requirement", str(lock)], count_packages(lock), PIP_SHARE)
        else:
            wanted = f"{self.preset.package}=={self.environment.version}"
            await self._run_pip([wanted, *self.preset.constraints], count_packages(lock), PIP_SHARE)

    async def _install_node(self) -> None:
        environment, folder = self.environment, self.environment.folder
        await self._run_pip(["--no-deps", "--require-hashes", "--requirement", str(NODE_LOCK)], 1, NPM_SHARE)
        self.report("Installing packages", NPM_SHARE + 10)
        npm = [str(environment.node), str(environment.npm)]
        if self.is_locked:
            await asyncio.to_thread(self._write_lock)
            await run_program([*npm, "ci", *NPM_OPTIONS], folder, ignore)
        else:
            wanted = f"{self.preset.package}@{environment.version}"
            await run_program([*npm, "install", *NPM_OPTIONS, "--prefix", str(folder), "--save-exact", wanted], folder, ignore)

    def _write_lock(self) -> None:
        lock = read_lock(self.preset.locks / f"{self.preset.id}.json")
        (self.environment.folder / "package-lock.json").write_text(lock, encoding="utf-8")
        (self.environment.folder / "package.json").write_text(read_manifest(lock), encoding="utf-8")

    async def _run_pip(self, arguments: list[str], packages: int, share: int) -> None:
        collected = 0

        def follow(line: str) -> None:
            nonlocal collected
            if line.startswith("Collecting "):
                collected += 1
                self.report("Downloading packages", 10 + min(collected, packages) * (share - 10) // packages)
            elif line.startswith("Installing collected packages"):
                self.report("Installing packages", share)

        await run_program(
            [*pip_of(self.environment, self.python), "install", *PIP_OPTIONS, *arguments], self.environment.folder, follow
        )


async def install(environment: Environment, report: Report) -> None:
    """Install a preset, unless it is installed. Raises Unavailable or UpstreamFailed; nothing of it stays then."""
    if await asyncio.to_thread(lambda: environment.is_complete):
        return
    python = await asyncio.to_thread(find_python)
    try:
        await Installation(environment, python, report).run()
    except OSError as error:
        raise not_stored(error, environment.preset.title) from error
    finally:
        if not environment.is_complete:
            with suppress(OSError):
                await asyncio.to_thread(environment.clear)


async def find_newest(environment: Environment) -> str:
    """Ask the package manager of an environment for the newest version. Raises Unavailable or UpstreamFailed."""
    preset = environment.preset
    if preset.manager is Manager.npm:
        npm = [str(environment.node), str(environment.npm), "view", preset.package, "version", "--loglevel", "error"]
        output = await run_program(npm, environment.folder, ignore)
        text = output[-1].strip("'\" ") if output else ""
    else:
        python = await asyncio.to_thread(find_python)
        output = await run_program(
            [*pip_of(environment, python), "index", "versions", preset.package], environment.folder, ignore
        )
        found_lines = (re.match(rf"{re.escape(preset.package)} \((.+)\)", line) for line in output)
        text = next((match[1] for match in found_lines if match), "")
    if not VERSION.fullmatch(text):
        raise UpstreamFailed(f"No version of {preset.package} could be found.")
    return text


def pip_of(environment: Environment, python: Python) -> list[str]:
    """The command of the pip that installs into an environment."""
    if python.brings_pip:
        return [str(environment.python), "-I", "-m", "pip"]
    return [python.program, "-I", "-m", "pip", "--python", str(environment.python)]


def count_packages(lock: Path) -> int:
    return max(1, read_lock(lock).count("=="))


def ignore(line: str) -> None:
    """Ignore a line of output."""
    del line
