"""The connection with OpenAI."""

import asyncio

import pytest

from server.core.errors import InvalidInput, SignInNeeded, Unavailable
from server.integrations.conversations.fake import KEY, FakeOpenAI
from server.integrations.conversations.openai_account import connection as openai_connection
from server.integrations.conversations.openai_account.api_key import SECRET
from server.integrations.conversations.openai_account.settings import ENDPOINT
from server.outbound import public_network


def test_key_is_stored_after_openai_has_taken_it(new_desk):
    with pytest.raises(SignInNeeded, match="There is no OpenAI key"):
        new_desk.openai.api()
    new_desk.run(new_desk.openai.set_key(f" {KEY}\n"))
    assert new_desk.openai.key_hint == KEY[-4:]
    new_desk.restart()
    assert new_desk.openai.key == KEY
    assert len(new_desk.run(new_desk.openai.list_models())) == 9


def test_locked_keyring_does_not_hold_up_the_start(desk, monkeypatch):
    unlocked, changes, read = asyncio.Event(), [], desk.context.secrets.get

    async def wait(name):
        await unlocked.wait()
        return await read(name)

    async def listen():
        changes.append(connection.key)

    monkeypatch.setattr(desk.context.secrets, "get", wait)
    monkeypatch.setattr(openai_connection, "OPENING_SECONDS", 0.01)
    connection = openai_connection.OpenAIConnection(desk.context, {})
    connection.listen(listen)

    async def start():
        await connection.start()
        assert connection.key == ""
        unlocked.set()
        await desk.context.tasks.wait(openai_connection.READ_KEY, 20)

    desk.run(start())
    assert changes == [KEY]


def test_refused_key_is_not_stored(new_desk):
    with pytest.raises(SignInNeeded, match="refuses the key"):
        new_desk.run(new_desk.openai.set_key("sk-of-somebody-else"))
    assert new_desk.openai.key == ""
    assert not new_desk.run(new_desk.context.secrets.has(SECRET))


def test_key_that_cannot_be_tested_now_is_stored(new_desk):
    new_desk.fake.fail_next(503, times=5, retry_after=0.01)
    new_desk.run(new_desk.openai.set_key(KEY))
    assert new_desk.openai.key == KEY


def test_key_does_not_go_to_another_host(desk):
    other = FakeOpenAI()
    serving = other.serving()
    url = desk.run(serving.__aenter__())
    desk.run(desk.openai.change(base_url=url))
    assert desk.openai.key == ""
    with pytest.raises(SignInNeeded, match="Enter the key for"):
        desk.openai.api()
    assert not other.requests.arrived
    desk.run(desk.openai.change(base_url=""))
    assert desk.openai.key == KEY
    desk.run(serving.__aexit__(None, None, None))


def test_restored_settings_do_not_lead_the_key_elsewhere(desk):
    desk.run(desk.openai.store(endpoint="http://127.0.0.1:9"))
    desk.restart()
    assert desk.openai.key == ""


def test_other_service_without_a_key_gets_none(new_desk):
    new_desk.fake.account.keys.clear()
    new_desk.run(new_desk.openai.change(base_url=new_desk.fake.base_url))
    assert new_desk.openai.is_free
    with pytest.raises(SignInNeeded):  # the fake wants one
        new_desk.run(new_desk.openai.list_models(fresh=True))
    assert new_desk.fake.requests.arrived[-1].headers["authorization"] == "Bearer none"


def test_environment_comes_before_the_settings(desk):
    desk.run(desk.openai.change(model="gpt-5", max_tokens=100, organization="org-a"))
    desk.restart(
        {
            "OPENAI_API_KEY": "sk-of-the-environment",
            "OPENAI_MODEL": "gpt-6-luna",
            "OPENAI_MAX_TOKENS": "2000",
            "OPENAI_TEMPERATURE": "0.7",
            "OPENAI_ORG_ID": "org-b",
        }
    )
    options = desk.openai.options
    assert (options.model, options.max_tokens, options.temperature, options.organization) == ("gpt-6-luna", 2000, 0.7, "org-b")
    assert desk.openai.key == "sk-of-the-environment"
    with pytest.raises(InvalidInput, match="in the environment"):
        desk.run(desk.openai.set_key(KEY))
    with pytest.raises(InvalidInput, match="in the environment"):
        desk.run(desk.openai.remove_key())


def test_key_of_the_environment_does_not_go_to_an_address_of_the_settings(desk):
    desk.run(desk.openai.change(base_url="http://127.0.0.1:9/v1"))
    desk.restart({"OPENAI_API_KEY": "sk-of-the-environment"})
    assert desk.openai.key == ""
    desk.restart({"OPENAI_API_KEY": "sk-of-the-environment", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    assert desk.openai.key == "sk-of-the-environment"


def test_value_of_the_environment_that_does_not_fit_has_no_effect(desk):
    desk.run(desk.openai.change(max_tokens=100))
    desk.restart({"OPENAI_MAX_TOKENS": "many", "OPENAI_TEMPERATURE": "9"})
    assert desk.openai.options.max_tokens == 100
    assert "OPENAI_MAX_TOKENS and OPENAI_TEMPERATURE" in desk.openai.options.problem


def test_demo_takes_nothing_from_the_environment(desk, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    desk.context = type(desk.context)(**{**vars(desk.context), "demo": True})
    desk.restart()
    desk.openai = type(desk.openai)(desk.context)
    assert desk.openai.key == ""


def test_missing_model_is_refused_with_current_ones(desk):
    with pytest.raises(InvalidInput, match=r"no model “gpt-4”, or no longer\. Use gpt-6-luna, gpt-6-luna-mini") as refusal:
        desk.run(desk.openai.resolve_model("gpt-4"))
    assert refusal.value.extra["code"] == "model_not_found"
    assert "gpt-5," not in refusal.value.detail  # it is shut down soon
    assert len(desk.fake.requests.find("/v1/models", "GET")) == 1


def test_alias_stands_for_a_model(desk):
    desk.run(desk.openai.change(aliases={"gpt-4": "gpt-5.6-sol"}))
    assert desk.run(desk.openai.resolve_model("gpt-4")) == "gpt-5.6-sol"


def test_model_of_the_call_comes_before_those_of_project_and_settings(desk):
    assert desk.run(desk.openai.resolve_model()) == "gpt-6-luna"
    desk.run(desk.openai.change(model="gpt-5"))
    assert desk.run(desk.openai.resolve_model()) == "gpt-5"
    assert desk.run(desk.openai.resolve_model("", "gpt-5.1")) == "gpt-5.1"
    assert desk.run(desk.openai.resolve_model("gpt-4o", "gpt-5.1")) == "gpt-4o"


def test_known_model_needs_no_request(desk):
    desk.run(desk.openai.resolve_model("gpt-5"))
    desk.clock.move(hours=2)
    desk.fake.requests.clear()
    desk.run(desk.openai.resolve_model("gpt-5"))
    assert not desk.fake.requests.arrived


def test_new_model_is_found_when_the_list_is_read_again(desk):
    desk.run(desk.openai.list_models())
    desk.fake.account.models["gpt-7"] = None
    desk.clock.move(minutes=11)
    assert desk.run(desk.openai.resolve_model("gpt-7")) == "gpt-7"


def test_named_model_is_taken_while_openai_is_out_of_reach(desk):
    desk.fake.fail_next(503, times=9, retry_after=0.01)
    assert desk.run(desk.openai.resolve_model("gpt-5")) == "gpt-5"
    with pytest.raises(Unavailable):
        desk.run(desk.openai.resolve_model())


def test_own_address_is_no_other_service(desk):
    desk.context.address.public_port = 8000
    with pytest.raises(InvalidInput, match="Deskhand's own address"):
        desk.run(desk.openai.change(base_url="http://localhost:8000/v1"))
    desk.run(desk.openai.change(base_url="http://localhost:9/v1"))
    desk.context.address.public_port = 9  # Deskhand has another port now
    with pytest.raises(InvalidInput, match="Deskhand's own address"):
        desk.openai.api()
    desk.restart({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    with pytest.raises(InvalidInput, match="Deskhand's own address"):
        desk.openai.api()


@pytest.mark.parametrize("environment", [{}, {"OPENAI_BASE_URL": "http://metadata.lan:80/v1"}])
def test_name_of_a_link_local_address_is_refused_before_a_request(desk, monkeypatch, environment):
    async def resolve(*_):
        return ["169.254.169.254"]

    monkeypatch.setattr(public_network, "resolve_name", resolve)
    with pytest.raises(InvalidInput, match="link-local"):
        desk.run(desk.openai.change(base_url="http://metadata.lan/v1"))
    desk.run(desk.openai.store(base_url="http://metadata.lan/v1"))  # as a name that leads elsewhere since
    desk.restart(environment)
    desk.run(desk.openai.remove_key())
    with pytest.raises(InvalidInput, match="link-local"):
        desk.run(desk.openai.api().list_models())


def test_model_of_another_service_is_not_looked_up(new_desk):
    new_desk.run(new_desk.openai.change(base_url="http://127.0.0.1:9/v1"))
    assert new_desk.run(new_desk.openai.resolve_model("llama3:8b")) == "llama3:8b"


def test_error_names_the_service_that_is_used(new_desk):
    new_desk.run(new_desk.openai.change(base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(Unavailable, match=r"^127\.0\.0\.1:9 cannot be reached\. Check that it runs"):
        new_desk.run(new_desk.openai.api().delete_conversation("conv_1"))


def test_listener_hears_of_changes(desk):
    heard = []

    async def listen():
        heard.append(desk.openai.options.model)

    desk.openai.listen(listen)
    desk.run(desk.openai.change(model="gpt-5"))
    desk.run(desk.openai.remove_key())
    assert heard == ["gpt-5", "gpt-5"]


def test_regions_of_openai_are_not_free(desk):
    desk.run(desk.openai.store(base_url="https://eu.api.openai.com/v1"))
    assert not desk.openai.is_free
    desk.run(desk.openai.store(base_url="https://openai.com.example/v1"))
    assert desk.openai.is_free


def test_answers_within_a_budget_have_a_limit(desk):
    assert desk.openai.limits.max_output_tokens is None
    desk.run(desk.openai.store(budget="5.00"))
    assert desk.openai.limits.max_output_tokens == 16_384


def test_endpoint_is_openai_or_on_this_computer(desk):
    settings = desk.openai.settings
    with pytest.raises(ValueError, match="not there"):
        type(settings).model_validate({**settings.model_dump(), "endpoint": "https://evil.example/v1"})
    assert type(settings)().endpoint == ENDPOINT
