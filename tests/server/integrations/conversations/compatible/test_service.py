"""The operations of /v1: their effects, and the models."""

import pytest

from server.core.errors import InvalidInput, NotFound
from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest
from server.integrations.conversations.compatible.service import CompatibleApi
from server.integrations.conversations.openai_account.spending import Spending
from tests.server.integrations.conversations.live_setup import Live


@pytest.fixture
def api(live: Live) -> CompatibleApi:
    return CompatibleApi(live.openai, Spending(live.context, live.openai), live.chats)


async def test_effect_names_model_message_and_limit(api: CompatibleApi) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Bye"}]
    effect = await api.preview_completion(CompletionRequest(messages=messages, model="gpt-5", max_tokens=7))
    assert effect.sentence == "ask gpt-5 at OpenAI"
    assert effect.fields == (("Model", "gpt-5"), ("Message", "Bye"), ("Tokens of the answer", "at most 7"))
    effect = await api.preview_response(ModelResponseRequest(input="Hi"))
    assert (effect.sentence, effect.fields[1]) == ("ask the usual model at OpenAI", ("Message", "Hi"))


async def test_models_are_those_for_chats_with_the_aliases_of_known_ones(api: CompatibleApi, live: Live) -> None:
    await live.openai.store(aliases={"mine": "gpt-5", "lost": "gpt-4", "gpt-6-luna": "gpt-5"})
    models = {model["id"]: model for model in (await api.list_models())["data"]}
    assert models["mine"] == models["gpt-5"] | {"id": "mine"}
    assert "lost" not in models
    assert "shutdown_date" not in models["gpt-6-luna"], "a model hides an alias"
    assert await api.read_model("mine") == models["mine"]
    with pytest.raises(NotFound, match="There is no model lost"):
        await api.read_model("lost")


async def test_response_in_the_background_is_refused(api: CompatibleApi) -> None:
    with pytest.raises(InvalidInput, match="background"):
        await api.respond(ModelResponseRequest(input="Hi", background=True))
