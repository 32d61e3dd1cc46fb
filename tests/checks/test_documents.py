"""The documents pass the validators that others use."""

import json
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests import loopback

PATHS = ("/openapi.json", "/gpts/gpt/openapi.json")


def test_documents_are_openapi_3_1(start) -> None:
    server = start("--demo")
    server.make_client("gpt")
    for path in PATHS:
        document = loopback.get(server.public + path).json()
        assert document["openapi"] == "3.1.0"
        OpenAPIV31SpecValidator(document).validate()


def test_documents_pass_redocly_recommended_rules(start, redocly, tmp_path: Path) -> None:
    server = start("--demo", "--public-url", "https://desk.example.org")
    server.make_client("gpt")
    for number, path in enumerate(PATHS):
        answer = loopback.get(server.own + path, headers={"Host": "desk.example.org"})
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(answer.json()))
        done = redocly(file)
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        assert "warning" not in output.lower(), output
