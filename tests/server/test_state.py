import asyncio
from pathlib import Path

from server.address import Address
from server.folders import open_home
from server.state import open_state


def test_each_opening_has_a_key_of_its_own(tmp_path: Path) -> None:
    async def open_once() -> str:
        with open_home(tmp_path, demo=False) as home:
            async with open_state(home, Address()) as state:
                return state.key

    assert asyncio.run(open_once()) != asyncio.run(open_once())
