import pytest
from pydantic import ValidationError

from server.integrations.apps.models import Action, Order


def test_an_order_of_two_words_is_enough():
    order = Order.model_validate({"app_name": "notepad", "action": "start"})
    assert (order.app_name, order.action, order.target, order.preset) == ("notepad", Action.start, None, None)


@pytest.mark.parametrize("extra", ["args", "arguments", "path", "cwd", "env", "command", "shell"])
def test_an_order_has_no_place_for_anything_that_could_run(extra):
    with pytest.raises(ValidationError):
        Order.model_validate({"app_name": "notepad", "action": "start", extra: "x"})
