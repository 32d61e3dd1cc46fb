"""Fixtures of OMI's tests."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.integrations.omi.pendant import Pendant, open_pendant


@pytest.fixture
def new_pendant(tmp_path: Path) -> Iterator[Pendant]:
    """OMI before the first delivery."""
    with asyncio.Runner() as runner:
        pendant, opened = open_pendant(runner, tmp_path / "data")
        yield pendant
        runner.run(opened.__aexit__(None, None, None))
        runner.run(pendant.context.database.close())


@pytest.fixture
def pendant(new_pendant: Pendant) -> Pendant:
    """OMI with the accepted uid `me`."""
    new_pendant.send({"button_event": "single_tap", "event_id": "first"}, kind="button")
    new_pendant.accept()
    return new_pendant
