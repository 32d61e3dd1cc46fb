import json

import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.config.parser import MOST_UPSTREAMS, make_id, parse_config
from server.integrations.tools.models import Imported, Transport

TIME = {"command": "uvx", "args": ["mcp-server-time"]}


def parse(document: object, environment: dict[str, str] | None = None, **inputs: str) -> Imported:
    text = document if isinstance(document, str) else json.dumps(document)
    return parse_config(text, environment or {}, inputs)


# The eleven cases of the best-known gateway for its configuration files.
@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ({"time": TIME}, ("time", Transport.stdio, "uvx", "")),
        ({"time": {**TIME, "type": "stdio"}}, ("time", Transport.stdio, "uvx", "")),
        ({"a": {"type": "sse", "url": "http://h/sse"}}, ("a", Transport.sse, "", "http://h/sse")),
        ({"a": {"type": "streamable-http", "url": "http://h/mcp"}}, ("a", Transport.http, "", "http://h/mcp")),
        ({"a": {"type": "streamable_http", "url": "http://h/mcp"}}, ("a", Transport.http, "", "http://h/mcp")),
        ({"time": {**TIME, "disabledTools": ["x"]}}, ("time", Transport.stdio, "uvx", "")),
    ],
)
def test_valid_server_is_read(servers, expected) -> None:
    (config,) = parse({"mcpServers": servers}).upstreams
    assert (config.id, config.transport, config.command, config.url) == expected


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "neither JSON nor TOML"),
        ("[]", "neither JSON nor TOML"),
        ({}, "names no MCP server"),
        ({"mcpServers": {}}, "names no MCP server"),
        ({"mcpServers": []}, "names no MCP server"),
        ({"mcpServers": {"a": {"type": "sse"}}}, "“a” was not added: it needs a url."),
        ({"mcpServers": {"a": {"type": "streamable-http"}}}, "“a” was not added: it needs a url."),
        ({"mcpServers": {"a": {"type": "stdio"}}}, "“a” was not added: it needs a command that starts it."),
        ({"mcpServers": {"a": {}}}, "“a” was not added: it needs a url."),
        ({"mcpServers": {"a": {**TIME, "disabledTools": "x"}}}, "its “disabledTools” must be a list"),
        ({"mcpServers": {"a": {**TIME, "disabledTools": [{}]}}}, "its “disabledTools” must be a text"),
        ({"mcpServers": {str(number): TIME for number in range(MOST_UPSTREAMS + 1)}}, "It may have 100."),
    ],
)
def test_unusable_configuration_is_one_sentence(document, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(document)
    assert sentence in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("name", ["disabledTools", "disabled_tools", "excludeTools"])
def test_disabled_tools_are_read(name: str) -> None:
    assert parse({"mcpServers": {"a": {**TIME, name: ["one", "two"]}}}).upstreams[0].disabled_tools == ("one", "two")


# Dialects.
@pytest.mark.parametrize(
    "document",
    [
        {"mcpServers": {"time": TIME}},
        {"servers": {"time": TIME}},
        {"mcp": {"servers": {"time": TIME}}},
        {"mcp_servers": {"time": TIME}},
        {"context_servers": {"time": TIME}},
        {"time": TIME},
        {"name": "time", **TIME},
        '\ufeff// VS Code\n{"servers": {"time": {"command": "uvx", /* here */ "args": ["mcp-server-time",],},},}',
        '[mcp_servers.time]\ncommand = "uvx"\nargs = ["mcp-server-time"]\n',
        {"mcpServers": {"time": {"command": ["uvx", "mcp-server-time"]}}},
        {"mcpServers": {"time": {"command": "uvx mcp-server-time"}}},
        {"mcpServers": {"time": {"type": "local", **TIME}}},
    ],
)
def test_dialect_is_read(document) -> None:
    imported = parse(document)
    (config,) = imported.upstreams
    assert (config.id, config.transport, config.command, config.arguments) == ("time", "stdio", "uvx", ("mcp-server-time",))
    assert imported.notes == ()


@pytest.mark.parametrize(
    ("fields", "transport"),
    [
        ({"url": "https://h/mcp"}, Transport.http),
        ({"url": "https://h/mcp", "type": "http"}, Transport.http),
        ({"url": "https://h/mcp", "type": "streamableHttp"}, Transport.http),
        ({"url": "https://h/mcp", "type": "Streamable HTTP"}, Transport.http),
        ({"url": "https://h/mcp", "transport": "streamable-http"}, Transport.http),
        ({"url": "https://h/mcp", "transportType": "sse"}, Transport.sse),
        ({"url": "https://h/sse"}, Transport.sse),
        ({"url": "https://h/sse", "type": "http"}, Transport.http),
        ({"serverUrl": "https://h/mcp"}, Transport.http),
        ({"httpUrl": "https://h/mcp"}, Transport.http),
        ({"type": "remote", "url": "https://h/mcp"}, Transport.http),
    ],
)
def test_type_is_read_in_every_spelling(fields, transport: Transport) -> None:
    assert parse({"mcpServers": {"a": fields}}).upstreams[0].transport is transport


def test_values_of_variables_and_headers_are_apart() -> None:
    imported = parse(
        {
            "mcpServers": {
                "a": {"command": "x", "env": {"TOKEN": "hush", "LEVEL": 3, "ON": True, "NONE": None}},
                "b": {"url": "https://h/mcp?api_key=hush", "headers": {"Authorization": "Bearer hush"}},
            }
        }
    )
    assert "hush" not in imported.model_dump_json()
    first, second = imported.upstreams
    assert (first.environment, second.headers, second.url) == (("TOKEN", "LEVEL", "ON"), ("Authorization",), "https://h/mcp")
    assert {name: value.get_secret_value() for name, value in imported.secrets["a"].environment.items()} == {
        "TOKEN": "hush",
        "LEVEL": "3",
        "ON": "true",
    }
    assert imported.secrets["b"].query.get_secret_value() == "api_key=hush"
    assert imported.secrets["b"].headers["Authorization"].get_secret_value() == "Bearer hush"


def test_variables_are_looked_up_and_missing_ones_are_listed() -> None:
    environment = {"A": "one", "DESKHAND_API_KEY": "ours"}
    document = {
        "a": {
            "command": "x",
            "args": ["${A}", "${env:B}", "${C:-three}", "${env:DESKHAND_API_KEY}", "${userHome}/x", "${workspaceFolder}"],
            "env": {"D": "${env:A}"},
        }
    }
    imported = parse({"mcpServers": document}, environment)
    assert imported.missing == {"a": ("B", "DESKHAND_API_KEY", "workspaceFolder")}
    variables = imported.secrets["a"].variables
    assert variables["A"].get_secret_value() == "one"
    assert set(variables) == {"A", "userHome"}, "a secret of Deskhand's own is given to nobody"
    assert "“a” needs the variable B, the variable DESKHAND_API_KEY, the variable workspaceFolder." in imported.notes
    assert "“a” uses A of your environment." in imported.notes


def test_inputs_are_listed() -> None:
    document = {
        "inputs": [
            {"id": "key", "type": "promptString", "description": "API key", "password": True},
            {"id": "region", "type": "pickString", "default": "eu", "password": False},
            {"id": "run", "type": "command", "command": "x"},
            {"type": "promptString"},
            {"id": "unused", "type": "promptString"},
        ],
        "servers": {"a": {"url": "https://h/", "headers": {"X": "${input:key}", "Y": "${input:region}", "Z": "${input:run}"}}},
    }
    imported = parse(document)
    assert [(question.id, question.secret) for question in imported.inputs] == [("key", True), ("region", False), ("run", True)]
    assert imported.missing == {"a": ("input:key", "input:run")}
    assert "An input without an id is not used." in imported.notes
    assert any("runs a command" in note for note in imported.notes)
    answered = parse(document, key="k", run="r")
    assert answered.missing == {}
    assert answered.secrets["a"].variables["input:key"].get_secret_value() == "k"


def test_unknown_parts_are_noted() -> None:
    document = {
        "globalShortcut": "Ctrl+X",
        "mcpServers": {
            "a": {**TIME, "timeout": 5, "dev": {"watch": "x"}, "url": "https://h", "type": "stdio", "autoApprove": ["all"]},
            "b": {"type": "websocket", "url": "wss://h"},
            "c": {"url": "https://h", "command": "x"},
            "d": 7,
        },
    }
    imported = parse(document)
    assert imported.notes == (
        "These parts of the file are not used: globalShortcut.",
        "“b” was not added: its type “websocket” is not supported. Deskhand knows stdio, http and sse.",
        "“c” was not added: it has a command and a url. Keep one of them.",
        "“d” was not added: it must be an object with a command or a url.",
        "These settings of “a” are not used: dev, timeout, url.",
        "“a” is to be trusted without asking. Deskhand asks until you allow its tools here.",
    )


def test_server_that_is_there_twice_is_noted() -> None:
    imported = parse('{"mcpServers": {"a": {"command": "one"}, "a": {"command": "two"}}}')
    assert [config.command for config in imported.upstreams] == ["two"]
    assert imported.notes == ("“a” is in the configuration twice; the last one was read.",)


def test_ids_are_unique_and_safe_in_paths() -> None:
    names = ["My Server", "my-server", "../../etc", "\u202eevil\x1b[31m", "日本", "x" * 500]
    imported = parse({"mcpServers": dict.fromkeys(names, TIME)})
    ids = [config.id for config in imported.upstreams]
    assert ids == ["my-server", "my-server-2", "etc", "evil-31m", "server", "x" * 40]
    assert all(not set(identity) - set("abcdefghijklmnopqrstuvwxyz0123456789-") for identity in ids)
    assert all(config.title.isprintable() and len(config.title) <= 81 for config in imported.upstreams)


def test_server_cannot_have_the_name_of_another_address() -> None:
    assert make_id("Presets", []) == "presets-2"
