import pytest

from server.core.errors import Unavailable
from server.sdk.caller_tokens import CallerTokens


async def test_callers_are_refused_without_a_guard():
    tokens = CallerTokens()
    with pytest.raises(Unavailable):
        await tokens.enable("use:crm", "crm-callers")
    await tokens.restore("use:crm", "client")
    assert not tokens.is_enabled("use:crm")
