from datetime import UTC, datetime

import pytest

from server.outbound.webhooks.signing import make_secret, sign

AT = datetime.fromtimestamp(1614265330, UTC)


def test_signature_is_that_of_the_specification():
    headers = sign(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", AT, '{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_makes_a_signature():
    assert len(sign([make_secret(), make_secret()], "msg_1", AT, "{}")["webhook-signature"].split(" ")) == 2
    assert "webhook-signature" not in sign([], "msg_1", AT, "{}")


def test_secrets_differ_and_are_long_enough():
    assert make_secret() != make_secret() and len(make_secret()) == len("whsec_") + 44


def test_broken_secret_is_an_error():
    with pytest.raises(ValueError, match="base64"):
        sign(["whsec_x"], "msg_1", AT, "{}")
