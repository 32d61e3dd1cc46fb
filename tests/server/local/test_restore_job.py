import asyncio
import threading
import time
from functools import partial

import pytest

from server.http.addresses import Address
from server.local import restore_job
from server.local.restore_job import RestoreJob
from server.runtime.integrations import Runtime
from server.runtime.state import open_state
from server.storage.backup import restore
from server.storage.data_dir import open_home


class Held:
    """A restore that begins when it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started, self.released = threading.Event(), threading.Event()
        monkeypatch.setattr(restore_job, "restore", self.restore)

    def restore(self, *arguments, **options) -> None:
        self.started.set()
        assert self.released.wait(60)
        restore(*arguments, **options)


def test_backup_that_cannot_be_restored_changes_nothing(serve, tmp_path) -> None:
    served = serve()
    (tmp_path / "no.zip").write_bytes(b"no backup")
    assert served.person("POST", "/api/restore", json={"path": "no.zip"}).status_code == 422
    assert served.person("POST", "/api/restore", json={"path": str(tmp_path / "no.zip")}).status_code == 202
    deadline = time.monotonic() + 30
    while (view := served.person("GET", "/api/restore").json())["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (view["state"], "not a backup" in view["problem"], view["latest"]) == ("failed", True, None)
    assert served.person("GET", "/api/overview").json()["problems"] == []


def test_deskhand_that_was_quit_during_a_restore_does_not_start_again(serve, tmp_path, monkeypatch) -> None:
    held, stop, file = Held(monkeypatch), Runtime.stop, str(tmp_path / "good.zip")

    async def stop_after_the_restore(runtime: Runtime) -> None:
        held.released.set()
        await asyncio.wait([task for task in asyncio.all_tasks() if task.get_name() == "restore a backup"])
        await stop(runtime)

    monkeypatch.setattr(Runtime, "stop", stop_after_the_restore)
    served = serve()
    assert served.person("POST", "/api/backup", json={"path": file}).status_code == 200
    assert served.person("POST", "/api/restore", json={"path": file}).status_code == 202
    assert served.person("POST", "/api/quit").status_code == 200
    assert served.background.wait(60)


async def test_restore_ends_with_the_program_and_changes_nothing(serve, tmp_path, monkeypatch) -> None:
    served, file = await asyncio.to_thread(serve), tmp_path / "good.zip"
    await asyncio.to_thread(partial(served.person, "POST", "/api/backup", json={"path": str(file)}))
    held = Held(monkeypatch)
    with open_home(tmp_path / "other", demo=False) as home:
        async with open_state(home, Address(9, 9)) as state:
            RestoreJob(state).begin(file)
            assert await asyncio.to_thread(held.started.wait, 60)
            ending = asyncio.create_task(state.context.tasks.close())
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_later(0.2, held.released.set)
            await ending
            assert held.released.is_set()
            assert not (home.folders.data / "restoring").exists()
