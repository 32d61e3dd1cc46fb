import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.config.values import list_missing, list_variables, replace_values
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets

CONFIG = UpstreamConfig(
    id="crm",
    title="CRM",
    transport=Transport.http,
    url="https://${HOST:-crm.example}/${TENANT}",
    environment=("KEY",),
    headers=("Authorization",),
    arguments=("${userHome}/data", "${input:region}"),
)


def secrets(**values):
    return UpstreamSecrets.model_validate(values)


def test_variables_of_texts_and_secret_values_are_listed_without_those_that_are_built_in():
    variables = list_variables(CONFIG, secrets(headers={"Authorization": "Bearer ${env:TOKEN}"}, query="page=${PAGE}"))
    assert variables == {"HOST": "crm.example", "TENANT": None, "input:region": None, "TOKEN": None, "PAGE": None}


def test_names_without_a_value_are_missing_and_those_with_a_default_are_not():
    assert list_missing(CONFIG, secrets()) == ["KEY", "Authorization", "input:region", "TENANT"]
    values = {"environment": {"KEY": "k"}, "headers": {"Authorization": "a"}, "variables": {"TENANT": "t", "input:region": "eu"}}
    assert list_missing(CONFIG, secrets(**values)) == []


def test_new_values_replace_those_of_their_names_only():
    before = secrets(environment={"KEY": "old"}, headers={"Authorization": "old"}, query="q")
    after = replace_values(CONFIG, before, secrets(environment={"KEY": "new"}, variables={"TENANT": "t"}))
    assert after.environment["KEY"].get_secret_value() == "new"
    assert after.headers["Authorization"].get_secret_value() == "old"
    assert (after.variables["TENANT"].get_secret_value(), after.query.get_secret_value()) == ("t", "q")


@pytest.mark.parametrize(
    "new",
    [
        {"environment": {"PATH": "elsewhere"}},
        {"headers": {"Host": "elsewhere"}},
        {"variables": {"OTHER": "x"}},
        {"environment": {"KEY": "a\0b"}},
        {"headers": {"Authorization": "a\r\nHost: elsewhere"}},
        {"variables": {"TENANT": "a\nb"}},
        {"environment": {"KEY": "x" * 32_769}},
    ],
)
def test_unknown_names_and_values_that_break_out_are_refused(new):
    with pytest.raises(InvalidInput):
        replace_values(CONFIG, secrets(), secrets(**new))
