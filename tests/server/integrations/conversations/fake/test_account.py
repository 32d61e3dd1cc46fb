"""Keys and models of the fake OpenAI."""

import openai
import pytest


@pytest.mark.parametrize(("name", "message"), [("gpt-4", "has been deprecated"), ("gpt-99", "does not exist")])
def test_model_that_is_not_there_is_not_found(client, name, message):
    with pytest.raises(openai.NotFoundError, match=message) as failure:
        client.responses.create(model=name, input="Hello")
    assert failure.value.code == "model_not_found"


def test_other_key_is_refused_and_masked(client):
    with pytest.raises(openai.AuthenticationError) as failure:
        client.with_options(api_key="sk-of-somebody-else").models.list()
    assert failure.value.code == "invalid_api_key"
    assert "somebody" not in failure.value.message


def test_unknown_address_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        client.get("/nothing", cast_to=object)
    with pytest.raises(openai.BadRequestError, match="could not parse"):
        client.post("/responses", cast_to=object, body=[])
