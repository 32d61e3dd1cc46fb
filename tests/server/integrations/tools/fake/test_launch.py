import re
import subprocess
import sys

from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.fake.launch import MODULE, crm_command, crm_environment
from server.integrations.tools.log import UpstreamLog
from server.system.environment import clean_environment
from tests.server.integrations.tools.upstreams import connect_url, ignore_change


async def test_crm_answers_over_http_on_this_computer() -> None:
    environment = clean_environment() | crm_environment()
    with subprocess.Popen([*crm_command(), "--port", "0"], stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr
        address = next(match[0] for line in process.stderr if (match := re.search(r"http://127\.0\.0\.1:\d+", line)))
        async with open_session(connect_url(f"{address}/mcp"), UpstreamLog(), ignore_change) as session:
            assert session.info.protocol == "2026-07-28"
            assert len((await session.list_all()).tools) == 4
            assert "Ana" in (await session.call_tool("get_contacts", {})).text
        process.terminate()
        process.stderr.read()


def test_command_runs_this_python() -> None:
    assert crm_command() == [sys.executable, "-m", MODULE]
