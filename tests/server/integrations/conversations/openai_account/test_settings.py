"""Settings of OpenAI."""

import pytest

from server.integrations.conversations.openai_account.settings import check_budget


@pytest.mark.parametrize(("amount", "normal"), [("20", "20.00"), (" 7.5 ", "7.50"), ("0", "0.00"), (None, None)])
def test_budget_is_normalized(amount, normal):
    assert check_budget(amount) == normal
