import pytest
from pydantic import ValidationError

from server.outbound.webhooks.models import Endpoint, WebhookSettings


def test_local_receivers_in_the_settings_are_checked():
    assert WebhookSettings.model_validate({"local_receivers": ["127.1:80"]}).local_receivers == ["127.0.0.1:80"]
    with pytest.raises(ValidationError, match="need not be listed"):
        WebhookSettings.model_validate({"local_receivers": ["8.8.8.8:80"]})


@pytest.mark.parametrize("values", [{"attempt_seconds": 16}, {"most_answer_bytes": 65_537}, {"delays": []}])
def test_limits_cannot_be_raised(values):
    with pytest.raises(ValidationError):
        WebhookSettings.model_validate(values)


def test_receiver_without_a_name_is_called_by_its_address():
    endpoint = Endpoint("1", "person", "https://example.com/", "", (), "enabled", "", "", None, "", 0, None)
    assert endpoint.title == "https://example.com/"
