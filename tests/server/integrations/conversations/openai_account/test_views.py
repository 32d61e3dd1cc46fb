"""OpenAI as the person sees it."""

from server.integrations.conversations.fake import KEY
from server.integrations.conversations.openai_account.views import test_connection as check_connection


def test_result_warns_of_the_end_of_the_model(desk):
    desk.run(desk.openai.change(model="gpt-5"))
    assert desk.run(check_connection(desk.openai)).message.endswith("gpt-5. gpt-5: Will be shut down on 2026-12-11.")


def test_result_says_if_another_service_lacks_the_model(new_desk):
    new_desk.run(new_desk.openai.change(base_url=new_desk.fake.base_url, model="gpt-4"))
    new_desk.run(new_desk.openai.set_key(KEY))
    result = new_desk.run(check_connection(new_desk.openai))
    assert (result.ok, "gpt-4, which is not among them" in result.message) == (False, True)
    new_desk.run(new_desk.openai.change(aliases={"gpt-4": "gpt-5"}))
    assert new_desk.run(check_connection(new_desk.openai)).ok


def test_result_names_what_is_wrong(desk):
    desk.run(desk.openai.change(model="gpt-4"))
    result = desk.run(check_connection(desk.openai))
    assert not result.ok
    assert "gpt-4" in result.message
    desk.fake.account.keys.clear()
    result = desk.run(check_connection(desk.openai))
    assert (result.ok, "refuses the key" in result.message) == (False, True)
