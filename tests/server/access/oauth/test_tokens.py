from server.access.oauth.tokens import ACCESS, REFRESH, derive, digest, is_same, new_id, new_secret
from server.core.redaction import redact


def test_every_secret_is_another_and_none_reaches_a_log():
    made = {new_secret(ACCESS) for _ in range(100)}
    assert len(made) == 100
    secret = made.pop()
    assert secret not in redact(f"it sent {secret} here")
    assert new_id() not in made


def test_a_secret_is_known_by_its_hash_and_no_secret_by_none():
    secret = new_secret(REFRESH)
    assert is_same(secret, digest(secret))
    assert not is_same(secret + "x", digest(secret))
    assert not is_same("", None)


def test_an_heir_is_the_same_for_who_asks_twice_and_another_for_everybody_else():
    assert derive(b"key", REFRESH, "one") == derive(b"key", REFRESH, "one")
    others = {derive(b"key", ACCESS, "one"), derive(b"other", REFRESH, "one"), derive(b"key", REFRESH, "two")}
    assert derive(b"key", REFRESH, "one") not in others
    assert derive(b"key", ACCESS, "one").startswith(ACCESS)
