import pytest
from pydantic import ValidationError

from server.integrations.conversations.export.models import ExportFormat, ExportOrder


def test_order_is_for_everything_as_markdown_unless_it_says_otherwise():
    order = ExportOrder.model_validate({})
    assert (order.ids, order.query, order.format) == (None, "", ExportFormat.markdown)
    for wrong in ({"format": "pdf"}, {"year": 99}, {"ids": ["a"] * 20_001}, {"source": "mail"}):
        with pytest.raises(ValidationError):
            ExportOrder.model_validate(wrong)
