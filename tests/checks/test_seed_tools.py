"""The lines of the guide for GPT Actions with a CRM, as printed there but for address and token, against the demo CRM."""

import json
import shlex
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import yaml

from tests import loopback
from tests.checks.conftest import Process, starting

PRINTED = "http://localhost:8080"
TOKEN = "your-jwt-token"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"  # of a caller
OPEN = ["curl http://localhost:8080/health", "curl http://localhost:8080/", "curl http://localhost:8080/openapi.yaml"]
QUERY = r"""
curl -X POST http://localhost:8080/query \
  -H "Authorization: Bearer your-jwt-token" \
  -H "Content-Type: application/json" \
  -d '{
    "query": "Show me leads created this week",
    "response_format": "both"
  }'
"""
TOOL = r"""
curl -X POST http://localhost:8080/tools \
  -H "Authorization: Bearer your-jwt-token" \
  -H "Content-Type: application/json" \
  -d '{
    "name": "get_leads",
    "arguments": {
      "limit": 10,
      "created_after": "2024-01-01"
    }
  }'
"""
LIST = r"""
curl -X GET http://localhost:8080/tools \
  -H "Authorization: Bearer your-jwt-token"
"""
QUESTIONS = (
    "Show me leads created this week",
    "Find contacts with gmail addresses",
    "What deals are closing this month?",
    "Get contact information for John Smith",
    "List recent activities for lead ID 12345",
)
TOOLS = {
    "natural-query": {"query": "Show me leads"},
    "get-leads": {},
    "get-contacts": {},
    "search-entities": {"query": "Sato"},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A demo whose CRM the person trusts."""
    with starting(tmp_path_factory.mktemp("seed") / "data") as start:
        server = start("--demo", DESKHAND_DEMO_TOOLS="on")
        limit = time.monotonic() + 60
        while not any(view["tools"] for view in server.person("GET", "/api/tools").json()["servers"]):
            assert time.monotonic() < limit
            time.sleep(0.1)
        yield server


@pytest.fixture(scope="module")
def key(demo: Process) -> str:
    key = demo.make_client("my-gpt")
    assert demo.person("PUT", "/api/tools/demo-crm/trust", json={"trusted": True}).status_code == 200
    return key


def curl(demo: Process, line: str, key: str = "", *, header: str = "Authorization") -> httpx2.Response:
    """Send what a line for curl says, to another address and with another token."""
    program, *words = shlex.split(line.replace("\\\n", " "))
    assert program == "curl"
    method, url, headers, body = "GET", "", dict[str, str](), None
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = words.pop(0).encode()
            case word:
                url = word.replace(PRINTED, demo.public)
    if headers.pop("Authorization", "") == f"Bearer {TOKEN}":
        headers[header] = key if header == "X-API-Key" else f"Bearer {key}"
    return loopback.request(method, url, headers=headers, content=body)


@pytest.fixture(params=["Authorization", "X-API-Key"])
def header(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("line", OPEN)
def test_open_line_answers(demo: Process, line: str) -> None:
    assert curl(demo, line).status_code == 200


def test_document_has_every_tool(demo: Process, key: str) -> None:
    document = yaml.safe_load(loopback.get(f"{demo.public}/openapi.yaml", headers={"X-API-Key": key}).text)
    assert document["openapi"] == "3.1.0"
    assert {f"/tools/{name}" for name in TOOLS} <= document["paths"].keys()
    assert loopback.get(f"{demo.public}/.well-known/ai-plugin.json").json()["schema_version"] == "v1"


def test_question_line_answers(demo: Process, key: str, header: str) -> None:
    answer = curl(demo, QUERY, key, header=header)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    assert document.keys() >= {"query", "result", "response_format", "timestamp", "success"}
    assert (document["query"], document["response_format"], document["success"]) == (QUESTIONS[0], "both", True)


def test_tool_line_answers(demo: Process, key: str, header: str) -> None:
    answer = curl(demo, TOOL, key, header=header)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["tool_name"], document["success"]) == ("get_leads", True)
    assert "Nordlicht" in document["result"]


def test_list_line_answers(demo: Process, key: str, header: str) -> None:
    document = curl(demo, LIST, key, header=header).json()
    assert {tool["name"].replace("_", "-") for tool in document["tools"]} >= TOOLS.keys()
    assert all(tool.keys() == {"name", "description", "parameters"} for tool in document["tools"])
    assert document["server_info"].keys() == {"name", "version", "capabilities"}


@pytest.mark.parametrize("name", TOOLS)
def test_address_of_a_tool_answers(demo: Process, key: str, name: str) -> None:
    answer = loopback.post(f"{demo.public}/tools/{name}", headers={"X-API-Key": key}, json=TOOLS[name])
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("question", QUESTIONS)
def test_example_question_is_answered(demo: Process, key: str, question: str) -> None:
    answer = loopback.get(f"{demo.public}/query", headers={"X-API-Key": key}, params={"query": question})
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.text)["success"]


@pytest.mark.parametrize("line", [QUERY, TOOL, LIST])
def test_line_works_with_a_jwt_of_the_caller_where_that_is_enabled(demo: Process, key: str, line: str) -> None:
    assert key
    assert curl(demo, line, JWT).status_code == 401
    address = "/api/tools/demo-crm/caller-tokens"
    assert demo.person("PUT", address, json={"enabled": True, "variable": "CRM_TOKEN"}).status_code == 200
    try:
        answer = curl(demo, line, JWT)
        assert answer.status_code == 200, answer.text
        assert answer.json().get("success", line is LIST)
        assert curl(demo, line, TOKEN).status_code == 401
    finally:
        assert demo.person("PUT", address, json={"enabled": False}).status_code == 200
    assert curl(demo, line, JWT).status_code == 401


@pytest.mark.parametrize("line", [QUERY, TOOL, LIST])
def test_line_with_the_printed_token_is_refused(demo: Process, line: str) -> None:
    assert curl(demo, line, TOKEN).status_code == 401
