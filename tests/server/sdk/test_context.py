import dataclasses
from types import SimpleNamespace

import pytest

from server.sdk.context import Context

NEEDED = [field.name for field in dataclasses.fields(Context) if field.default is field.default_factory is dataclasses.MISSING]


def test_integration_cannot_replace_what_it_is_handed() -> None:
    context = Context(**dict.fromkeys(NEEDED, SimpleNamespace()))
    assert context.demo is False, "the real service is reached unless demo mode says otherwise"
    with pytest.raises(dataclasses.FrozenInstanceError):
        context.demo = True
