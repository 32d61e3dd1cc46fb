"""Options of OpenAI in force."""

import pytest

from server.integrations.conversations.openai_account.options import merge_options
from server.integrations.conversations.openai_account.settings import OpenAISettings


def test_empty_variable_has_no_effect():
    options = merge_options(OpenAISettings(model="gpt-5", base_url="http://nas/v1"), {"OPENAI_MODEL": " ", "OPENAI_BASE_URL": ""})
    assert (options.model, options.base_url, options.names, options.problem) == ("gpt-5", "http://nas/v1", (), "")


@pytest.mark.parametrize("url", ["http://evil.example/v1", "http://169.254.169.254/v1"])
def test_base_url_of_the_environment_is_checked(url):
    options = merge_options(OpenAISettings(), {"OPENAI_BASE_URL": url})
    assert (options.base_url, "OPENAI_BASE_URL" in options.problem) == ("", True)
