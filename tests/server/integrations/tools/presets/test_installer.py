import asyncio
import subprocess

import pytest

from server.core.errors import UpstreamFailed
from server.integrations.tools.presets.environments import Environments
from server.integrations.tools.presets.installer import find_newest, install
from tests.server.integrations.tools.presets.tiny import SERVER, make_preset, make_wheel


async def test_locked_version_is_installed_into_its_own_environment(tmp_path, monkeypatch) -> None:
    preset, steps = make_preset(tmp_path, monkeypatch), []
    environment = Environments(tmp_path / "presets").get(preset, "1.0")
    await install(environment, lambda step, percent: steps.append((step, percent)))
    assert environment.is_complete
    assert steps[0] == ("Creating its environment", 0)
    assert ("Installing packages", 80) in steps
    code = "import deskhand_tiny; print(deskhand_tiny.VERSION)"
    done = await asyncio.to_thread(
        subprocess.run, [environment.python, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1.0\n"
    steps.clear()
    await install(environment, lambda step, percent: steps.append((step, percent)))
    assert steps == [], "it is there"
    make_wheel(tmp_path / "packages", "1.1")
    assert await find_newest(environment) == "1.1"


async def test_package_with_another_hash_is_refused_and_nothing_stays(preset, tmp_path) -> None:
    make_wheel(tmp_path / "packages", "1.0", f"{SERVER}\n# changed")
    environment = Environments(tmp_path / "presets").get(preset, "1.0")
    with pytest.raises(UpstreamFailed, match=r"(?i)hash"):
        await install(environment, lambda *_: None)
    assert not environment.folder.exists()


async def test_remains_of_an_interrupted_installation_are_replaced(preset, tmp_path) -> None:
    environment = Environments(tmp_path / "presets").get(preset, "1.0")
    leftover = environment.folder / "lib" / "leftover"
    leftover.mkdir(parents=True)
    await install(environment, lambda *_: None)
    assert environment.is_complete
    assert not leftover.exists()
