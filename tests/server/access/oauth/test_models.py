import pytest
from pydantic import ValidationError

from server.access.oauth.models import ClientCredentials, Kind, OAuthSettings, Registration


def test_by_default_nobody_registers_and_documents_are_taken():
    settings = OAuthSettings()
    assert (settings.registration_allowed, settings.documents_allowed) == (False, True)
    assert (settings.code_seconds, settings.access_seconds, settings.refresh_seconds) == (60, 3600, 90 * 86_400)
    with pytest.raises(ValidationError):
        OAuthSettings(code_seconds=0)


def test_nothing_secret_is_told_by_accident():
    assert "hidden" not in repr(ClientCredentials("id", "hidden"))
    assert "hidden" not in repr(Registration("id", Kind.own, "x", secret_hash=b"hidden"))
