import pytest
from pydantic import ValidationError

from server.access.oauth.models import ClientCredentials, Kind, OAuthSettings, Registration


def test_dynamic_registration_is_off_and_client_metadata_on_by_default():
    settings = OAuthSettings()
    assert (settings.registration_allowed, settings.documents_allowed) == (False, True)
    assert (settings.code_seconds, settings.access_seconds, settings.refresh_seconds) == (60, 3600, 90 * 86_400)
    with pytest.raises(ValidationError):
        OAuthSettings(code_seconds=0)


def test_secrets_are_not_in_the_repr():
    assert "hidden" not in repr(ClientCredentials("id", "hidden"))
    assert "hidden" not in repr(Registration("id", Kind.own, "x", secret_hash=b"hidden"))
