import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.presets.catalogue import AMBIVO, find_preset
from server.integrations.tools.presets.configuration import make_arguments, make_server, read_values
from server.integrations.tools.presets.environments import Environments


def test_values_become_variables_and_only_their_names_are_configuration(tmp_path) -> None:
    environment = Environments(tmp_path).get(AMBIVO, "1.0.7")
    values = read_values(AMBIVO, {"token": " a.b.c ", "url": "https://crm.example.com"})
    server = make_server(environment, tmp_path, values)
    (config,) = server.upstreams
    secrets = {name: value.get_secret_value() for name, value in server.secrets["ambivo"].environment.items()}
    assert secrets["AMBIVO_AUTH_TOKEN"] == "a.b.c"
    assert secrets["AMBIVO_BASE_URL"] == secrets["AMBIVO_API_BASE_URL"] == "https://crm.example.com"
    assert set(config.environment) == set(secrets)
    assert "a.b.c" not in config.model_dump_json()
    assert (config.disabled_tools, config.error_prefixes) == (("set_auth_token",), AMBIVO.error_prefixes)


def test_variable_without_a_value_is_left_out(tmp_path) -> None:
    server = make_server(Environments(tmp_path).get(AMBIVO, "1.0.7"), tmp_path, read_values(AMBIVO, {}))
    assert "AMBIVO_AUTH_TOKEN" not in server.upstreams[0].environment
    assert "AMBIVO_BASE_URL" in server.upstreams[0].environment


def test_option_without_a_value_is_left_out() -> None:
    preset = find_preset("time")
    assert make_arguments(preset, read_values(preset, {})) == []
    assert make_arguments(preset, read_values(preset, {"timezone": "Europe/Berlin"})) == ["--local-timezone", "Europe/Berlin"]


@pytest.mark.parametrize(
    ("preset", "values", "part"),
    [
        ("filesystem", {}, "needs its input"),
        ("filesystem", {"folder": "  "}, "needs its input"),
        ("filesystem", {"folder": "no-full-path"}, "full path"),
        ("filesystem", {"folder": "/no/such/folder"}, "no folder"),
        ("time", {"timezone": "${HOME}"}, "characters"),
        ("time", {"timezone": "a\nb"}, "characters"),
        ("time", {"timezone": "a" * 5_000}, "too long"),
        ("time", {"zone": "UTC"}, "no input called zone"),
    ],
)
def test_value_that_does_not_fit_is_refused(preset, values, part) -> None:
    with pytest.raises(InvalidInput, match=part):
        read_values(find_preset(preset), values)
