import pytest

from server.access.oauth.scopes import describe_scope, describe_scopes


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("read:mail", "Read your mail"),
        ("offline_access", "Stay signed in"),
        ("call:tools", "Call tools"),
        ("extension", "Extension"),
    ],
)
def test_a_scope_is_told_in_words(scope, words):
    assert describe_scope(scope) == words


def test_scopes_are_told_one_by_one():
    assert describe_scopes(["read:mail", "control:apps"]) == ["Read your mail", "Start and stop your listed programs"]
