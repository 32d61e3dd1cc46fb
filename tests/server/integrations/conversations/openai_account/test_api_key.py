"""The key for OpenAI."""

import pytest

from server.core.errors import InvalidInput, Unavailable
from server.integrations.conversations.openai_account.api_key import SECRET, ApiKey


@pytest.mark.parametrize("key", ["short", "sk-with space-in-it", "sk-ümlaut-in-it", "sk-line\nsk-line2"])
def test_malformed_key_is_refused(new_desk, key):
    with pytest.raises(InvalidInput, match="no API key"):
        new_desk.run(new_desk.openai.set_key(key))


def test_secret_that_is_no_key_is_none(desk):
    desk.run(desk.context.secrets.set(SECRET, "{"))
    key = ApiKey(desk.context.secrets, {}, lambda: "http://127.0.0.1:9/v1")
    assert desk.run(key.open())
    assert key.find() == ("", "")


def test_keyring_that_refuses_is_a_problem_until_it_answers(desk, monkeypatch):
    key, read = ApiKey(desk.context.secrets, {}, lambda: "http://127.0.0.1:9/v1"), desk.context.secrets.get

    async def refuse(_):
        raise Unavailable("The keyring is locked.")

    monkeypatch.setattr(desk.context.secrets, "get", refuse)
    assert not desk.run(key.open())
    assert key.problem == "The keyring is locked."
    monkeypatch.setattr(desk.context.secrets, "get", read)
    assert desk.run(key.open())
    assert key.problem is None


def test_key_is_not_shown_by_mistake(desk):
    assert desk.openai.key not in repr(desk.openai._key.stored)
