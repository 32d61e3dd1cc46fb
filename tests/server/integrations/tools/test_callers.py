import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.callers import Callers, for_caller
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.stored import Credentials
from server.sdk.caller_tokens import CallerTokens

TOKEN = "header.payload.signature"
PROCESS = UpstreamConfig(id="crm", title="CRM", transport=Transport.stdio, command="crm", token_variable="CRM_TOKEN")
WEB = UpstreamConfig(id="crm", title="CRM", transport=Transport.http, url="https://crm.example/mcp")


class RecordingTokens(CallerTokens):
    """Scopes that are enabled, and how often one became so."""

    def __init__(self) -> None:
        self.enabled, self.number = dict[str, str](), 0

    async def enable(self, scope: str, name: str) -> str:
        self.number += 1
        self.enabled[scope] = f"{name} {self.number}"
        return self.enabled[scope]

    async def restore(self, scope: str, client_id: str) -> None:
        self.enabled[scope] = client_id

    async def disable(self, scope: str) -> None:
        self.enabled.pop(scope, None)

    def is_enabled(self, scope: str) -> bool:
        return scope in self.enabled


def reveal(values):
    return {name: value.get_secret_value() for name, value in values.items()}


def test_process_of_a_caller_gets_their_token_and_settings_alone():
    settings = {
        "CRM_API_BASE_URL": "https://crm.example",
        "CRM_TIMEOUT": "15",
        "LOG_LEVEL": "INFO",
        "PYTHONPATH": "/crm",
        "TZ": "Europe/Berlin",
    }
    credentials = {
        "CRM_TOKEN": "own",
        "API_KEY": "own",
        "GITHUB_PAT": "own",
        "PIN": "own",
        "DATABASE_URL": "postgres://me:own@db.example",
        "HOOK_URL": "https://hook.example/?k=own",
        "KEY_PATH": "/home/me/own",
        "SESSION_ENV": "own",
        "NPM_CONFIG__AUTH": "own",
    }
    secrets = UpstreamSecrets.model_validate({"environment": settings | credentials, "variables": {"X": "own", "userHome": "/h"}})
    config = PROCESS.model_copy(update={"environment": tuple(secrets.environment)})
    made, own = for_caller(config, secrets, TOKEN)
    assert reveal(own.environment) == settings | {"CRM_TOKEN": TOKEN}
    assert set(made.environment) == own.environment.keys()
    assert reveal(own.variables) == {"userHome": "/h"}


def test_request_of_a_caller_has_their_token_and_nothing_of_the_persons():
    given = {"headers": {"authorization": "Bearer own", "X-Team": "own", "User-Agent": "crm"}, "query": "key=own"}
    secrets = UpstreamSecrets.model_validate(given)
    made, own = for_caller(WEB.model_copy(update={"headers": tuple(secrets.headers)}), secrets, TOKEN)
    assert reveal(own.headers) == {"User-Agent": "crm", "Authorization": f"Bearer {TOKEN}"}
    assert set(made.headers) == own.headers.keys()
    assert own.query.get_secret_value() == ""


async def test_client_of_callers_stays_the_same_while_they_are_let_in():
    tokens = RecordingTokens()
    callers, credentials = Callers(tokens), Credentials(trusted=True)
    config, credentials = await callers.enable(PROCESS, credentials, "")
    assert (config.token_variable, credentials.caller_client, credentials.trusted) == ("CRM_TOKEN", "crm-callers 1", True)
    config, again = await callers.enable(config, credentials, "OTHER")
    assert (config.token_variable, again.caller_client) == ("OTHER", "crm-callers 1")
    await callers.disable("crm")
    assert not callers.is_enabled("crm")
    await callers.restore("crm", again)
    assert tokens.enabled == {"use:crm": "crm-callers 1"}
    await callers.restore("other", Credentials())
    assert not callers.is_enabled("other")
    config, _ = await callers.enable(WEB, credentials, "ANY")
    assert config.token_variable == "", "it gets a header"


@pytest.mark.parametrize("variable", ["", "A B", "A=B", "1A", "PATH", "LD_PRELOAD", "NODE_OPTIONS", "pythonstartup"])
async def test_variable_for_the_token_is_one_that_runs_nothing(variable):
    tokens = RecordingTokens()
    with pytest.raises(InvalidInput, match="Name the variable"):
        await Callers(tokens).enable(PROCESS.model_copy(update={"token_variable": ""}), Credentials(), variable)
    assert not tokens.enabled


@pytest.mark.parametrize(
    "arguments", [("--api-key=own",), ("--token", "own"), ("API_KEY=own",), ("--header", "Authorization: Bearer own")]
)
async def test_server_that_is_started_with_a_credential_is_not_for_callers(arguments):
    with pytest.raises(InvalidInput, match="credential of yours"):
        await Callers(RecordingTokens()).enable(PROCESS.model_copy(update={"arguments": arguments}), Credentials(), "")
    harmless = PROCESS.model_copy(update={"arguments": ("--verbose", "/home/me/keys/server.py", "-m", "token_server")})
    await Callers(RecordingTokens()).enable(harmless, Credentials(), "")
