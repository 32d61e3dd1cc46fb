from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.conftest import Served
from tests.server.integrations.tools.forking import describe_forked
from tests.server.integrations.tools.gateway import add_servers, serve_crm, trust

LIBRARY = str(Path(__file__).with_name("library_upstream.py"))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose upstreams are the demo CRM, and a library that is trusted."""
    with serve_crm(tmp_path_factory.mktemp("library")) as served:
        add_servers(served, library=describe_forked(LIBRARY))
        trust(served, "library")
        served.make_client("gpt")
        yield served
