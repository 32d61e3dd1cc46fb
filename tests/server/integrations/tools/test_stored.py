import pytest

from server.integrations.tools.models import Tool, Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.stored import Credentials, fingerprint, fingerprint_tool

CONFIG = UpstreamConfig(id="crm", title="CRM", transport=Transport.stdio, command="crm", arguments=("--all",))


def test_credentials_are_read_as_they_were_written():
    secrets = UpstreamSecrets.model_validate({"environment": {"KEY": "a"}, "headers": {"X": "b"}, "query": "c"})
    credentials = Credentials(secrets=secrets, fingerprint="f", trusted=True, accepted={"t": "1"}, read_only={"u": "2"})
    assert Credentials.model_validate_json(credentials.to_json()) == credentials


@pytest.mark.parametrize("change", [{"command": "other"}, {"arguments": ()}, {"folder": "/"}, {"environment": ("PATH",)}])
def test_fingerprint_is_of_what_a_server_runs(change):
    assert fingerprint(CONFIG.model_copy(update=change)) != fingerprint(CONFIG)
    assert fingerprint(CONFIG.model_copy(update={"title": "Other", "enabled": False})) == fingerprint(CONFIG)


@pytest.mark.parametrize("change", [{"description": "Other"}, {"input_schema": {"type": "object"}}, {"title": "Other"}])
def test_fingerprint_of_a_tool_is_of_all_that_its_server_says(change):
    tool = Tool(name="a")
    assert fingerprint_tool(tool.model_copy(update=change)) != fingerprint_tool(tool)
