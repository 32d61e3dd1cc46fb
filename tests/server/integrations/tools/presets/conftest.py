from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations.tools.presets import installer
from server.integrations.tools.presets.process import run_program
from server.integrations.tools.service import ToolsService, start
from server.outbound.fetch import Fetch
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests.server.integrations.tools.presets.copied import copy_installed
from tests.server.integrations.tools.presets.tiny import make_preset


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    data = tmp_path / "data"
    (data / "files").mkdir(parents=True)
    database = Database(data / "deskhand.db")
    yield Context(
        folders=Folders(data, data, data / "files", data / "logs"),
        settings=Settings(data),
        secrets=Secrets(data, folder_only=True),
        database=database,
        events=(events := Events()),
        fetch=Fetch(only_allowed=True),
        screen=NoScreen(),
        approval_requests=ApprovalRequests(events, NoScreen(), Tasks()),
    )
    await database.close()


@asynccontextmanager
async def run_service(context: Context, *presets) -> AsyncIterator[ToolsService]:
    """Run the gateway with these presets."""
    context = replace(context, tasks=Tasks())
    async with start(context) as service:
        service.presets.presets = presets
        try:
            yield service
        finally:
            await context.tasks.close()


@pytest.fixture(scope="session")
def run_once(tmp_path_factory):
    """Runs what installs, once for the same; its copies cost no time."""
    return copy_installed(run_program, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def preset(tmp_path, monkeypatch, run_once):
    monkeypatch.setattr(installer, "run_program", run_once)
    return make_preset(tmp_path, monkeypatch)


@pytest.fixture
async def service(context, preset) -> AsyncIterator[ToolsService]:
    async with run_service(context, preset) as service:
        yield service
