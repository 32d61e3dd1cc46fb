import pytest

from server.integrations.tools.config.variables import expand, find_variables, read_value


def test_variables_are_found_with_their_defaults() -> None:
    text = "${A} ${env:B} ${C:-d e} ${input:x} $D ${} ${E:-}"
    assert find_variables(text) == {"A": None, "B": None, "C": "d e", "input:x": None, "E": ""}


def test_values_are_filled_in_once() -> None:
    assert expand("${A}-${env:A}-${B:-x}-$A", {"A": "${B}", "B": ""}) == "${B}-${B}-x-$A"
    with pytest.raises(KeyError, match="C"):
        expand("${C}", {})


@pytest.mark.parametrize(
    "name", ["DESKHAND_API_KEY", "API_KEY", "NGROK_AUTHTOKEN", "OPENAI_CLIENT_SECRET", "env:X", "A B", "X" * 200]
)
def test_secret_of_deskhand_and_invalid_name_have_no_value(name: str) -> None:
    assert read_value(name, {name: "value"}, {}) is None


def test_values_come_from_the_environment_and_the_inputs() -> None:
    assert read_value("X", {"X": "1"}, {"X": "2"}) == "1"
    assert read_value("input:X", {"X": "1"}, {"X": "2"}) == "2"
