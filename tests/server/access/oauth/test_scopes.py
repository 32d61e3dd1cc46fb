import pytest

from server.access.oauth.scopes import describe_scope

LABELS = {"read:mail": "Read your email"}


@pytest.mark.parametrize(
    ("scope", "label"),
    [
        ("read:mail", "Read your email"),
        ("offline_access", "Stay signed in"),
        ("call:tools", "Call tools"),
        ("extension", "Extension"),
    ],
)
def test_scope_is_labelled(scope, label):
    assert describe_scope(scope, LABELS) == label
