"""The contract of an integration, with one that exists only here: everything of it appears, and nothing stays."""

import json
import os
import subprocess
import sys

import pytest

from server.integrations import find_migrations
from tests.conftest import ROOT
from tests.server.commandline.conftest import deskhand, deskhand_process
from tests.server.projections.mcp.speaking import initialize, modern, read
from tests.server.sdk.examples import example, install

__all__ = ["deskhand", "deskhand_process", "example"]

HEAVY = {"alembic", "fastapi", "pydantic", "sqlalchemy", "starlette"}
NOTE = {"name": "first", "text": "Hello", "state": "shared"}
OPERATIONS = {"list_example_notes", "release_example_tools", "replace_example_tools", "write_example_note"}
SCOPES = {"read:example", "write:example"}
CHECK = {"what": "Example", "well": True, "to_do": True, "detail": "Write a first example note."}


def list_modules(code: str, **environment: str) -> list[str]:
    command = [sys.executable, "-c", f"import sys; from server.integrations import discover; {code}; print(*sys.modules)"]
    listed = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_listing_the_integrations_imports_nothing_heavy() -> None:
    modules = list_modules("discover()")
    assert "server.integrations.gmail" in modules
    assert not HEAVY & set(modules)


def test_integration_folder_is_loaded_under_several_names(tmp_path) -> None:
    names = ["first", "second", "third"]
    folder = install(tmp_path, names)
    code = "[found.load() for found in discover()]"
    modules = list_modules(code, DESKHAND_INTEGRATIONS=str(folder))
    assert {f"server.integrations.{name}.service" for name in names} <= set(modules)


def test_caches_of_a_removed_integration_are_no_migrations(example, tmp_path) -> None:
    folder = tmp_path / "integrations" / "example"
    assert folder / "migrations" in find_migrations()
    for module in folder.rglob("*.py"):
        module.unlink()
    (folder / "migrations" / "__pycache__").mkdir(exist_ok=True)
    assert folder / "migrations" not in find_migrations()


@pytest.mark.parametrize("name", ["example", "elsewhere"])
def test_wrong_folder_of_integrations_is_reported(tmp_path, name) -> None:
    folder = install(tmp_path) / name
    command = [sys.executable, "-c", "from server.integrations import discover; discover()"]
    environment = {**os.environ, "DESKHAND_INTEGRATIONS": str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert f"DESKHAND_INTEGRATIONS names {folder}" in done.stderr


def test_integration_is_in_documents_tools_scopes_and_settings(example, serve) -> None:
    served = serve()
    key = served.make_client("bot")
    document = served.call("GET", "/gpts/bot/openapi.json", key).json()
    assert {"/example/notes"} <= set(document["paths"])
    assert "write_example_note" in served.call("GET", "/docs", "").text
    assert {
        tool["name"] for tool in read(served.call("POST", "/mcp", key, **modern("tools/list")))["result"]["tools"]
    } >= OPERATIONS
    assert "It keeps example notes." in read(served.call("POST", "/mcp", key, **initialize()))["result"]["instructions"]
    assert set(served.call("GET", "/.well-known/oauth-authorization-server", "").json()["scopes_supported"]) > SCOPES
    assert set(served.person("GET", "/api/addresses").json()["oauth_scope"].split()) > SCOPES
    (section,) = [section for section in served.person("GET", "/api/settings").json() if section["name"] == "example"]
    assert section["values"] == {"longest": 200}
    assert {operation["name"] for operation in served.person("GET", "/api/operations").json()} > OPERATIONS


def list_tools(served, key):
    return {tool["name"]: tool for tool in read(served.call("POST", "/mcp", key, **modern("tools/list")))["result"]["tools"]}


def test_dynamic_operation_comes_and_goes_everywhere(example, serve) -> None:
    served = serve()
    manager = served.make_client("manager", scopes=["write:example"])
    call = {"json": {"text": "Hello"}}
    assert served.call("POST", "/example/tools/first-tool", manager, **call).status_code == 404
    assert "first_tool" not in list_tools(served, manager)
    documented = served.call("GET", "/openapi.json", "").json()["paths"]
    assert "/example/tools/first-tool" not in documented
    assert served.call("PUT", "/example/tools", manager, json=["first_tool"]).json() == ["first_tool"]

    assert served.call("POST", "/example/tools/first-tool", "", **call).status_code == 401
    assert served.call("POST", "/example/tools/first-tool", manager, **call).status_code == 403
    assert "use:example" in served.call("GET", "/.well-known/oauth-authorization-server", "").json()["scopes_supported"]
    (listed,) = [
        operation for operation in served.person("GET", "/api/operations").json() if operation["name"] == "example__first_tool"
    ]
    assert (listed["integration"], listed["scope"], listed["method"]) == ("example", "use:example", "POST")
    key = served.make_client("bot", scopes=["use:example"])
    described = served.call("GET", "/gpts/bot/openapi.json", key).json()["paths"]["/example/tools/first-tool"]["post"]
    assert described["operationId"] == "first_tool"
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["to"]["properties"]["friend"] == {"type": "object"}
    assert list_tools(served, key)["first_tool"]["inputSchema"]["required"] == ["text"]

    invalid = served.call("POST", "/example/tools/first-tool", key, json={"text": "Hello", "to": {"name": 1}})
    assert (invalid.status_code, invalid.json()["errors"][0]["message"]) == (
        422,
        'to.name: 1 is not of type "string"',
    )
    waiting = served.call("POST", "/example/tools/first-tool/", key, **call, headers={"Prefer": "respond-async"})
    assert waiting.status_code == 202
    (approval,) = served.person("GET", "/api/approvals").json()
    assert approval["operation"] == "example__first_tool"
    assert served.person("POST", f"/api/approvals/{approval['id']}/approve", json={"extent": "always"}).status_code == 200
    assert served.call("GET", waiting.json()["poll"], key).json()["result"]["structuredContent"] == {"used": "Hello"}
    called = modern("tools/call", {"name": "first_tool", "arguments": {"text": "Again"}})
    assert read(served.call("POST", "/mcp", key, **called))["result"]["structuredContent"] == {"used": "Again"}
    assert served.call("GET", "/example/tools/first-tool", key).status_code == 405

    refused = served.call("PUT", "/example/tools", manager, json=["second_tool", "list_apps"])
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        "There is another list_apps. Give one of them another name.",
    )
    assert {"first_tool"} == {"first_tool", "second_tool"} & list_tools(served, key).keys()
    other = served.make_client("other", scopes=["use:example"])
    waiting = served.call("POST", "/example/tools/first-tool", other, **call, headers={"Prefer": "respond-async"})
    assert served.call("PUT", "/example/tools", manager, json=[]).json() == []
    (approval,) = served.person("GET", "/api/approvals").json()
    served.person("POST", f"/api/approvals/{approval['id']}/approve", json={})
    assert served.call("GET", waiting.json()["poll"], other).json()["status"] == "cancelled"
    assert served.call("POST", "/example/tools/first-tool", key, **call).status_code == 404
    assert "first_tool" not in list_tools(served, key)
    assert served.call("GET", "/openapi.json", "").json()["paths"] == documented
    assert "use:example" not in served.call("GET", "/.well-known/oauth-authorization-server", "").json()["scopes_supported"]


def test_long_dynamic_operation_becomes_a_job_and_answers_in_parts(example, serve) -> None:
    served = serve()
    served.person("PUT", "/api/settings/approvals", json={})
    manager = served.make_client("manager", scopes=["write:example"])
    served.call("PUT", "/example/tools", manager, json=["first_tool"])
    key = served.make_client("bot", scopes=["use:example"], allow=["example__first_tool"])
    assert {"read_job", "cancel_job"} <= list_tools(served, key).keys()
    assert not list_tools(served, key)["cancel_job"]["annotations"]["readOnlyHint"]
    assert not {"read_job", "cancel_job"} & list_tools(served, manager).keys()

    shown = served.call("POST", "/example/tools/first-tool", key, json={"text": "picture"}).json()
    text, picture = shown["content"]
    assert (text, picture["type"]) == ({"type": "text", "text": "picture"}, "image")
    assert (shown["result"], shown["structuredContent"]) == ({"used": "picture"}, {"used": "picture"})
    fetched = served.call("GET", picture["url"].removeprefix(served.public), "")
    assert (fetched.content, fetched.headers["content-type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")
    assert served.call("GET", "/assets/other", "").status_code == 404
    result = read(
        served.call("POST", "/mcp", key, **modern("tools/call", {"name": "first_tool", "arguments": {"text": "picture"}}))
    )
    assert [part["type"] for part in result["result"]["content"]] == ["text", "image"]
    assert result["result"]["content"][1]["data"] == "iVBORw0KGgo="


def test_settings_of_an_integration_count_and_its_calls_are_approved_and_recorded(example, serve) -> None:
    served = serve()
    key = served.make_client("bot", allow=["write_example_note"])
    assert served.person("PUT", "/api/settings/example", json={"longest": 3}).status_code == 200
    assert served.call("POST", "/example/notes", key, json=NOTE).status_code == 422
    served.person("PUT", "/api/settings/example", json={"longest": 30})
    assert served.call("POST", "/example/notes", key, json=NOTE).json() == NOTE
    assert served.call("GET", "/example/notes/", key).json() == [NOTE]
    listed, written = served.activity(2)
    assert (listed["operation"], listed["integration"]) == ("list_example_notes", "example")
    assert (written["sentence"], written["outcome"]) == ("wrote the example note first", "done")


def test_integration_is_in_onboarding_and_doctor(example, serve, deskhand) -> None:
    served = serve()
    assert served.person("GET", "/api/onboarding").json()["steps"]["example"] == "open"
    steps = served.person("GET", "/api/onboarding/steps").json()
    assert {"name": "example", "label": "Notes", "title": "Write an example note", "text": "It stays on this computer."} in steps
    doctor = deskhand("doctor", "--json")
    assert doctor.returncode == 0, doctor.stderr
    assert CHECK in json.loads(doctor.stdout)


def test_restored_integration_has_its_data_without_access(example, serve, deskhand, tmp_path) -> None:
    served = serve()
    served.call("POST", "/example/notes", served.make_client("bot", allow=["write_example_note"]), json=NOTE)
    file = tmp_path / "backup.zip"
    assert deskhand("backup", str(file)).returncode == 0
    assert served.background.stop()
    for arguments, state in (([], "private"), (["--with-access"], "shared")):
        restored = deskhand("restore", str(file), "--yes", *arguments)
        assert restored.returncode == 0, restored.stderr
        again = serve()
        assert again.call("GET", "/example/notes", again.make_client("reader")).json() == [NOTE | {"state": state}]
        assert again.background.stop()


def test_restore_is_refused_if_access_cannot_be_revoked(example, serve, deskhand_process, tmp_path) -> None:
    served, file = serve(), tmp_path / "backup.zip"
    assert deskhand_process("backup", str(file)).returncode == 0
    assert served.background.stop()
    (tmp_path / "integrations" / "example" / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    refused = deskhand_process("restore", str(file), "--yes")
    assert refused.returncode == 1
    assert "example is broken" in refused.stderr
    assert deskhand_process("restore", str(file), "--yes", "--with-access").returncode == 0


def test_removed_integration_leaves_nothing(example, serve, deskhand) -> None:
    served = serve()
    key = served.make_client("bot", allow=["write_example_note"])
    served.call("POST", "/example/notes", key, json=NOTE)
    served.person("PUT", "/api/onboarding", json={"finished": False, "steps": {"example": "done"}})
    assert served.background.stop()
    example()
    served = serve()
    assert served.call("GET", "/example/notes", key).status_code == 404
    everywhere = ("overview", "operations", "settings", "onboarding", "onboarding/steps", "checks", "addresses")
    assert not [path for path in everywhere if "xample" in served.person("GET", f"/api/{path}").text]
    assert "example_note" not in served.call("GET", "/openapi.json", "").text
    tools = read(served.call("POST", "/mcp", key, **modern("tools/list")))["result"]["tools"]
    assert not OPERATIONS & {tool["name"] for tool in tools}
    assert "xample" not in read(served.call("POST", "/mcp", key, **initialize()))["result"]["instructions"]
    assert "xample" not in deskhand("doctor").stdout


@pytest.mark.parametrize("file", ["__init__.py", "routes.py"])
def test_broken_integration_answers_503_and_the_others_run(example, serve, tmp_path, file) -> None:
    (tmp_path / "integrations" / "example" / file).write_text("raise RuntimeError", encoding="utf-8")
    served = serve()
    assert served.call("GET", "/example/notes").status_code == 503
    assert served.call("GET", "/apps/list").status_code == 200
