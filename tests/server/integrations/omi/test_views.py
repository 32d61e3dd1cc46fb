from server.integrations.omi.views import SecretOrder


def test_secret_is_not_in_repr() -> None:
    assert "whsec_of_mine" not in repr(SecretOrder(secret="whsec_of_mine"))
