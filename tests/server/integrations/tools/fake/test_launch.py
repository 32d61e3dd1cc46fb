import asyncio
import socket
import sys

from server.core.errors import Unavailable
from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.fake.launch import MODULE, crm_command, crm_environment
from server.integrations.tools.log import UpstreamLog
from server.system.environment import clean_environment
from tests.server.integrations.tools.upstreams import connect_url, ignore_change


async def use_crm(url: str) -> str:
    async with open_session(connect_url(url), UpstreamLog(), ignore_change) as session:
        assert session.info.protocol == "2026-07-28"
        assert len((await session.list_all()).tools) == 4
        return (await session.call_tool("get_contacts", {})).text


async def test_crm_answers_over_http_on_this_computer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    environment = clean_environment() | crm_environment()
    process = await asyncio.create_subprocess_exec(*crm_command(), "--port", str(port), env=environment)
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    assert "Ana" in await use_crm(f"http://127.0.0.1:{port}/mcp")
                    break
                except Unavailable:
                    await asyncio.sleep(0.1)
    finally:
        process.kill()
        await process.wait()


def test_command_runs_this_python() -> None:
    assert crm_command() == [sys.executable, "-m", MODULE]
