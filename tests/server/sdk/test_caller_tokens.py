import pytest

from server.core.errors import Unavailable
from server.sdk.caller_tokens import CallerTokens


async def test_nobody_is_let_in_where_no_guard_is():
    tokens = CallerTokens()
    with pytest.raises(Unavailable):
        await tokens.enable("use:crm", "crm-callers")
    await tokens.restore("use:crm", "client")
    assert not tokens.is_enabled("use:crm")
