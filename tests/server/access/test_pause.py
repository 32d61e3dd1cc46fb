from datetime import timedelta

import pytest

from server.access.pause import SECTION, PauseSettings
from server.core.errors import Unavailable


async def test_pause_ends_at_its_time_and_survives_a_restart(opened, clock) -> None:
    async with opened() as state:
        state.pause.check()
        await state.pause.begin(15)
    async with opened() as state:
        with pytest.raises(Unavailable) as refused:
            state.pause.check()
        assert refused.value.retry_after == 15 * 60
        clock.move(minutes=15)
        state.pause.check()


async def test_pause_without_an_end_lasts_until_it_is_resumed(opened, clock) -> None:
    async with opened() as state:
        await state.pause.begin(None)
        clock.move(days=1000)
        with pytest.raises(Unavailable):
            state.pause.check()
        await state.pause.end()
        state.pause.check()


async def test_pause_until_a_time_without_a_zone_is_a_pause(opened, clock) -> None:
    async with opened() as state:
        await state.context.settings.write(SECTION, PauseSettings(until=clock.now().replace(tzinfo=None) + timedelta(minutes=1)))
        with pytest.raises(Unavailable):
            state.pause.check()
        clock.move(minutes=1)
        state.pause.check()


@pytest.mark.parametrize("resumed", [True, False])
async def test_pause_of_lost_settings_lasts_if_another_one_cannot_be_stored(opened, tmp_path, resumed) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.json").write_bytes(b"{")
    async with opened() as state:
        (tmp_path / "data" / "settings.json.new").mkdir()
        with pytest.raises(Unavailable, match="could not be used"):
            await (state.pause.end() if resumed else state.pause.begin(15))
        assert state.pause.is_on()


def test_lost_settings_pause_until_the_person_resumes(serve, tmp_path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.json").write_bytes(b"{")
    served = serve()
    key = served.make_client("script", allow=["control_app"])
    order = {"app_name": "demo-clock", "action": "start"}
    assert served.call("POST", "/apps/control", key, json=order).status_code == 503
    served.person("DELETE", "/api/pause")
    assert served.person("GET", "/api/overview").json()["paused_until"] is None
