"""Options of OpenAI in force."""

import pytest

from server.integrations.conversations.openai_account.options import CurrentOptions, merge_options
from server.integrations.conversations.openai_account.settings import OpenAISettings


def test_empty_variable_has_no_effect():
    options = merge_options(OpenAISettings(model="gpt-5", base_url="http://nas/v1"), {"OPENAI_MODEL": " ", "OPENAI_BASE_URL": ""})
    assert (options.model, options.base_url, options.names, options.problem) == ("gpt-5", "http://nas/v1", (), "")


@pytest.mark.parametrize("url", ["http://evil.example/v1", "http://169.254.169.254/v1"])
def test_base_url_of_the_environment_is_checked(url):
    options = merge_options(OpenAISettings(), {"OPENAI_BASE_URL": url})
    assert (options.base_url, "OPENAI_BASE_URL" in options.problem) == ("", True)


def test_options_are_made_anew_after_a_change_of_the_settings():
    current, settings = CurrentOptions({"OPENAI_ORG_ID": "org-1"}), OpenAISettings(model="gpt-5")
    options = current.find(settings)
    assert (options.model, options.organization) == ("gpt-5", "org-1")
    assert current.find(settings) is options
    assert current.find(OpenAISettings(model="gpt-6")).model == "gpt-6"
