from server.core.credentials import digest, is_same, new_secret


def test_secret_is_identified_by_its_hash():
    secret = new_secret("dh_")
    assert is_same(secret, digest(secret))
    assert not is_same(secret + "x", digest(secret))
    assert not is_same("", None)
