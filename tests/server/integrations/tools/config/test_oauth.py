import json
from typing import Any

import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.config.parser import parse_config
from server.integrations.tools.config.values import list_missing
from server.integrations.tools.models import Imported, OAuthClient


def parse(environment: dict[str, str] | None = None, **entry: Any) -> Imported:
    text = json.dumps({"mcpServers": {"notes": {"url": "https://mcp.example/mcp", **entry}}})
    return parse_config(text, environment or {})


@pytest.mark.parametrize(
    ("entry", "client"),
    [
        ({"oauth": {"clientId": "id"}}, OAuthClient(client_id="id")),  # VS Code, Claude Code
        ({"oauth": {"clientId": "id", "callbackPort": 8080}}, OAuthClient(client_id="id", callback_port=8080)),
        ({"auth": {"CLIENT_ID": "id", "scopes": ["read", "write"]}}, OAuthClient(client_id="id", scope="read write")),  # Cursor
        ({"oauth": {"client_id": "id", "scope": "read"}}, OAuthClient(client_id="id", scope="read")),
        ({"oauth": {"enabled": True, "redirectUri": "http://localhost:7777/callback"}}, OAuthClient(callback_port=7777)),
        ({"oauth": {"clientMetadataUrl": "https://a.example/c.json"}}, OAuthClient(metadata_url="https://a.example/c.json")),
        ({"oauth": {"clientId": None}}, OAuthClient()),
        ({"oauth": True}, None),
        ({"auth": "oauth"}, None),
        ({}, None),
    ],
)
def test_client_is_read_in_all_spellings(entry, client):
    imported = parse(**entry)
    assert imported.upstreams[0].oauth == client
    assert imported.notes == ()


def test_secret_is_stored_as_a_secret():
    imported = parse(oauth={"clientId": "id", "clientSecret": "value-of-the-secret"})
    assert "value-of-the-secret" not in imported.upstreams[0].model_dump_json()
    assert imported.secrets["notes"].variables["client secret"].get_secret_value() == "value-of-the-secret"
    assert imported.notes == ()


def test_secret_may_be_a_variable():
    imported = parse({"NOTES_SECRET": "from-the-environment"}, auth={"CLIENT_ID": "id", "CLIENT_SECRET": "${env:NOTES_SECRET}"})
    assert imported.secrets["notes"].variables["NOTES_SECRET"].get_secret_value() == "from-the-environment"
    missing = parse(auth={"CLIENT_ID": "id", "CLIENT_SECRET": "${env:NOTES_SECRET}"})
    assert missing.missing == {"notes": ("NOTES_SECRET",)}


def test_secret_that_a_backup_does_not_bring_is_missing():
    imported = parse(oauth={"clientId": "id", "clientSecret": "value"})
    config, secrets = imported.upstreams[0], imported.secrets["notes"]
    assert list_missing(config, secrets) == []
    assert list_missing(config, secrets.model_copy(update={"variables": {}})) == ["client secret"]


def test_client_credentials_name_their_issuer():
    described = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
    imported = parse(oauth={**described, "issuer": "https://auth.example"})
    client = imported.upstreams[0].oauth
    assert client
    assert (client.machine, client.issuer) == (True, "https://auth.example")
    with pytest.raises(InvalidInput, match="issuer"):
        parse(oauth=described)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"oauth": ["id"]}, "must be an object"),
        ({"auth": "some-token"}, "belongs into “headers”"),
        ({"oauth": {"clientId": "a b"}}, "cannot be used"),
        ({"oauth": {"clientId": {"nested": 1}}}, "must be a text"),
        ({"oauth": {"clientId": "x" * 5_000}}, "cannot be used"),
        ({"oauth": {"scope": 'a", error="x'}}, "cannot be used"),
        ({"oauth": {"clientSecret": "secret"}}, "needs a client id"),
        ({"oauth": {"grantType": "password"}}, "grant type"),
        ({"oauth": {"callbackPort": 70_000}}, "callback port"),
        ({"oauth": {"callbackPort": "٣"}}, "callback"),
        ({"oauth": {"redirectUri": "https://other.example/callback"}}, "redirect URI"),
        ({"oauth": {"issuer": "http://auth.example"}}, "https"),
        ({"oauth": {"clientMetadataUrl": "http://a.example/c.json"}}, "https"),
    ],
)
def test_client_that_cannot_be_used_is_refused(entry, reason):
    with pytest.raises(InvalidInput, match=reason):
        parse(**entry)


def test_settings_that_are_not_used_are_named():
    assert parse(oauth={"clientId": "id", "audience": "x"}).notes == (
        "These settings of “oauth” of “notes” are not used: audience.",
    )


def test_server_that_is_started_here_has_no_client():
    imported = parse_config(json.dumps({"mcpServers": {"notes": {"command": "crm", "oauth": {"clientId": "id"}}}}), {})
    assert imported.upstreams[0].oauth is None
    assert "oauth" in imported.notes[0]
