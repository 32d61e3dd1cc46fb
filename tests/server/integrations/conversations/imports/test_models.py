import pytest
from pydantic import ValidationError

from server.integrations.conversations.imports.models import ImportOrder, Selection


def test_selection_of_nothing_is_not_that_of_everything():
    assert Selection.model_validate({"years": []}).years == []
    assert Selection.model_validate({}).years is None


def test_order_needs_a_path():
    with pytest.raises(ValidationError):
        ImportOrder(path="")
