from server.integrations.omi.views import SecretOrder


def test_a_secret_stands_in_no_repr() -> None:
    assert "whsec_of_mine" not in repr(SecretOrder(secret="whsec_of_mine"))
