import asyncio
from pathlib import Path

import pytest

from server.core.errors import Unavailable
from server.http.addresses import Address
from server.runtime.state import open_state
from server.storage.archive import ARCHIVE_FILE
from server.storage.data_dir import open_home


def test_each_state_has_its_own_key(tmp_path: Path) -> None:
    async def open_once() -> str:
        with open_home(tmp_path, demo=False) as home:
            async with open_state(home, Address()) as state:
                return state.key

    assert asyncio.run(open_once()) != asyncio.run(open_once())


def test_problems_are_evaluated_at_each_request(tmp_path: Path) -> None:
    async def ask() -> tuple[list[str], list[str]]:
        with open_home(tmp_path, demo=False) as home:
            async with open_state(home, Address()) as state:
                problems: list[str | None] = ["the disk is full"]
                state.notices.extend([lambda: None, lambda: problems[0]])
                before, problems[0] = state.list_notices(), None
                return before, state.list_notices()

    assert asyncio.run(ask()) == (["the disk is full"], [])


def test_sleep_of_the_computer_is_published(tmp_path: Path) -> None:
    async def listen() -> tuple[str, object]:
        with open_home(tmp_path, demo=False) as home:
            async with open_state(home, Address()) as state:
                with state.context.events.subscribed() as news:
                    await state.report_wake_up(3599.7)
                    event = await anext(news)
                    return event.topic, event.data

    assert asyncio.run(listen()) == ("woke", {"seconds": 3600})


async def test_unusable_archive_stops_only_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE_FILE).write_bytes(b"no database")
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            assert await state.context.database.read(lambda connection: connection.exec_driver_sql("SELECT 7").scalar()) == 7
            with pytest.raises(Unavailable, match="archive of imported history"):
                await state.context.archive.read(lambda connection: connection.exec_driver_sql("SELECT 7").scalar())


async def test_background_tasks_and_http_client_end_with_the_state(tmp_path: Path) -> None:
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            task = state.context.tasks.start(asyncio.Event().wait(), name="wait")
            http = await state.context.http.get()
    assert task.cancelled()
    assert http.is_closed


async def test_failed_background_task_is_a_problem_of_the_state(tmp_path: Path) -> None:
    async def fail() -> None:
        raise OSError

    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            await asyncio.wait([state.context.tasks.start(fail(), name="store the count")])
            await asyncio.sleep(0)
            assert state.list_problems() == ["Deskhand could not store the count. Its log says why."]
