import pytest
from pydantic import ValidationError

from server.integrations.apps.models import Action, Order


def test_start_request_needs_only_an_action():
    order = Order.model_validate({"app_name": "notepad", "action": "start"})
    assert (order.app_name, order.action, order.target, order.preset) == ("notepad", Action.start, None, None)


@pytest.mark.parametrize("extra", ["args", "arguments", "path", "cwd", "env", "command", "shell"])
def test_start_request_has_no_field_for_a_command(extra):
    with pytest.raises(ValidationError):
        Order.model_validate({"app_name": "notepad", "action": "start", extra: "x"})
