"""The documents pass the validators that others use."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests import loopback
from tests.checks.conftest import starting

PATHS = ("/openapi.json", "/gpts/gpt/openapi.json")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    host = "desk.example.org"
    with starting(tmp_path_factory.mktemp("documents") / "data") as start:
        server = start("--demo", "--public-url", f"https://{host}")
        server.make_client("gpt")
        return [loopback.get(server.own + path, headers={"Host": host}).json() for path in PATHS]


def test_documents_are_openapi_3_1(documents) -> None:
    for document in documents:
        assert document["openapi"] == "3.1.0"
        OpenAPIV31SpecValidator(document).validate()


def test_documents_pass_redocly_recommended_rules(documents, redocly, tmp_path: Path) -> None:
    for number, document in enumerate(documents):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(document))
        done = redocly(file)
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        assert "warning" not in output.lower(), output
