import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.clock import Clock
from server.core.errors import Conflict, InvalidInput, NotFound, UpstreamFailed
from server.integrations.tools.presets.environments import Environments
from server.integrations.tools.stored import SECTION, ToolsSettings
from tests.server.integrations.tools.presets.conftest import run_service
from tests.server.integrations.tools.presets.tiny import make_wheel

GIVEN = {"token": "value-of-token"}


class MovableClock(Clock):
    days = 0

    def now(self):
        return super().now() + timedelta(days=self.days)


async def test_preset_is_installed_added_and_removed(service, preset, context) -> None:
    assert await service.presets.add(preset, GIVEN) == ["tiny"]
    upstream = service.servers.find("tiny")
    assert [tool.name for tool in upstream.list_tools() if upstream.is_offered(tool)] == ["look"]
    stored = context.folders.data / "presets" / "stored"
    assert (await service.servers.try_tool("tiny", "look", {})).text == f"value-of-token {stored}/tiny.json"
    environment = service.presets.find_installed(preset)
    assert environment.version == "1.0"
    assert service.presets.progress == {}
    await service.remove("tiny")
    assert not environment.folder.exists(), "its place is free again"


async def test_second_server_shares_the_environment_and_the_same_one_is_replaced(service, preset, tmp_path) -> None:
    assert await service.presets.add(preset, GIVEN) == ["tiny"]
    assert await service.presets.add(preset, {"folder": str(tmp_path)}) == ["tiny-2"]
    assert await service.presets.add(preset, {"token": "other-token"}) == ["tiny"]
    assert (await service.servers.try_tool("tiny", "look", {})).text.startswith("other-token")
    assert (await service.servers.try_tool("tiny-2", "look", {})).text.startswith(f"--folder {tmp_path}")
    await service.remove("tiny")
    assert service.presets.find_installed(preset), "the other one uses it"
    assert [config.id for config in service.presets.list_added(preset)] == ["tiny-2"]


async def test_values_are_checked_before_anything_is_installed(service, preset) -> None:
    with pytest.raises(InvalidInput):
        await service.presets.add(preset, {"folder": "/no/such/folder"})
    assert not service.presets.environments.folder.exists()


async def test_failed_installation_leaves_nothing(service, preset, tmp_path) -> None:
    make_wheel(tmp_path / "packages", "1.0", "changed = True")
    with pytest.raises(UpstreamFailed, match="The installation failed"):
        await service.presets.add(preset, GIVEN)
    assert service.servers.upstreams == {}
    assert service.presets.find_installed(preset) is None
    assert service.presets.progress == {}
    assert service._context.tasks.problem is None


async def test_nothing_is_installed_in_demo_mode(context, preset) -> None:
    async with run_service(replace(context, demo=True), preset) as service:
        with pytest.raises(Conflict, match="demo"):
            await service.presets.add(preset, GIVEN)


async def test_installation_is_cancelled_while_it_waits(service, preset) -> None:
    other = replace(preset, id="other", title="Other")
    await service.presets._installing.acquire()
    adding = [asyncio.create_task(service.presets.add(each, GIVEN)) for each in (preset, other)]
    async with asyncio.timeout(30):
        while len(service.presets.progress) < 2:
            await asyncio.sleep(0)
    assert {progress.step for progress in service.presets.progress.values()} == {"Waiting for another installation"}
    with pytest.raises(Conflict, match="already"):
        await service.presets.add(preset, GIVEN)
    for each in (preset, other):
        service.presets.cancel(each)
    for task in adding:
        with pytest.raises(Conflict, match="cancelled"):
            await task
    service.presets._installing.release()
    with pytest.raises(NotFound):
        service.presets.cancel(preset)


async def test_one_installation_runs_at_a_time(service, preset, tmp_path) -> None:
    other = replace(preset, id="other", title="Other")
    (tmp_path / "other.lock").write_text((tmp_path / "tiny.lock").read_text())
    running = list[set[str]]()

    def record() -> None:
        steps = service.presets.progress.items()
        running.append({name for name, progress in steps if not progress.step.startswith("Waiting")})

    service.presets._publish = record
    added = await asyncio.gather(service.presets.add(preset, {}), service.presets.add(other, {}))
    assert added == [["tiny"], ["other"]]
    assert {len(names) for names in running} == {0, 1}


async def test_environment_is_kept_while_its_server_is_being_added(service, preset) -> None:
    async with service.presets._keep_environments():
        environment = Environments(service.presets.environments.folder).get(preset, "1.0")
        environment.python.parent.mkdir(parents=True)
        environment.python.write_text("")
        environment.mark_complete()
        await service.presets.remove_unused()
        assert environment.is_complete
    await service.presets.remove_unused()
    assert not environment.folder.exists()


async def test_newer_version_is_noticed_once_a_day_and_installed(context, preset, tmp_path) -> None:
    clock = MovableClock()
    async with run_service(replace(context, clock=clock), preset) as service:
        presets = service.presets
        with pytest.raises(NotFound):
            await presets.update(preset)
        await presets.add(preset, GIVEN)
        await service.servers.permit("tiny", (), trusted=True)
        await presets.check()
        assert presets.find_update(preset, "1.0") == ""
        with pytest.raises(Conflict, match="up to date"):
            await presets.update(preset)
        make_wheel(tmp_path / "packages", "1.1")
        await presets.check()
        assert presets.find_update(preset, "1.0") == "", "it was looked for today"
        clock.days = 1
        await presets.check()
        assert presets.find_update(preset, "1.0") == "1.1"
        assert await presets.update(preset) == ["tiny"]
        await presets.remove_unused()
        assert [environment.version for environment in presets.environments.list_installed(preset)] == ["1.1"]
        assert service.servers.find("tiny").status.info.version == "1.1"
        assert (await service.servers.try_tool("tiny", "look", {})).text.startswith("value-of-token")
        assert not service.servers.find("tiny").credentials.trusted, "other code runs now"


@pytest.mark.parametrize("changes", [{"check_presets": False}, {"demo": True}])
async def test_nothing_is_looked_for_if_that_is_off(context, preset, changes) -> None:
    async with run_service(context, preset) as service:
        await service.presets.add(preset, GIVEN)
    await context.settings.change(
        SECTION, ToolsSettings, lambda settings: settings.model_copy(update={"check_presets": changes.get("check_presets", True)})
    )
    async with run_service(replace(context, demo=changes.get("demo", False)), preset) as service:
        await service.presets.check()
        assert not service.presets._newest_file(preset).exists()


async def test_servers_and_environments_are_there_after_a_restart_without_remains(context, preset) -> None:
    async with run_service(context, preset) as service:
        await service.presets.add(preset, GIVEN)
        remains = service.presets.environments.get(preset, "0.9").folder
        remains.mkdir()
    async with run_service(context, preset) as service:
        assert not remains.exists()
        assert (await service.servers.try_tool("tiny", "look", {})).text.startswith("value-of-token")
