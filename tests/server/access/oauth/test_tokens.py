from server.access.oauth.tokens import ACCESS, REFRESH, derive, new_id
from server.core.credentials import new_secret
from server.core.redaction import redact


def test_tokens_are_unique_and_redacted_in_logs():
    made = {new_secret(ACCESS) for _ in range(100)}
    assert len(made) == 100
    secret = made.pop()
    assert secret not in redact(f"it sent {secret} here")
    assert new_id() not in made


def test_successor_is_the_same_for_the_same_token_and_differs_otherwise():
    assert derive(b"key", REFRESH, "one") == derive(b"key", REFRESH, "one")
    others = {derive(b"key", ACCESS, "one"), derive(b"other", REFRESH, "one"), derive(b"key", REFRESH, "two")}
    assert derive(b"key", REFRESH, "one") not in others
    assert derive(b"key", ACCESS, "one").startswith(ACCESS)
