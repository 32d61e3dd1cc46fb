"""Events of OpenAI's webhooks."""

import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.adapter.webhooks import read_event


def test_event_is_read():
    assert read_event(b'{"type": "response.completed", "data": {"id": "x"}}')["data"] == {"id": "x"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"type": 5, "data": {}}', b'{"type": "x", "data": []}', b"[" * 100_000]
)
def test_body_without_an_event_is_refused(body):
    with pytest.raises(InvalidInput):
        read_event(body)
