import pytest

from server.integrations.conversations.deliveries.signature import is_signed, read_time, sign
from server.sdk.webhook_auth import SignedRequest

SECRET, TIME = "webhook-secret", "1760000000"
BODY = b'{"message":{"id":"msg_1","conversation_id":"conv_1","role":"user","content":"Hi","create_time":1760000000}}'
SIGNATURE = "sha256=c5585cc5675f973b21605588689dd83e0f2185794ad661f60771af1c837101e6"


def request(signature: str = SIGNATURE, time: str = TIME, body: bytes = BODY) -> SignedRequest:
    return SignedRequest(body, headers={"x-webhook-signature": signature, "x-webhook-timestamp": time})


def test_signature_is_that_of_the_reference() -> None:
    assert sign(SECRET, TIME, BODY) == SIGNATURE
    assert is_signed(request(), [SECRET])
    assert is_signed(request(), ["other", SECRET])


@pytest.mark.parametrize(
    "wrong",
    [
        request(body=BODY + b" "),
        request(time="1760000001"),
        request(time="1760000000000"),
        request(SIGNATURE[:-1]),
        request(SIGNATURE[:-1] + "7"),
        request("sha256=" + "0" * 64),
        request("sha256=signature"),
        request(""),
        request("sha256=é"),
    ],
)
def test_another_signature_body_or_time_is_refused(wrong) -> None:
    assert not is_signed(wrong, [SECRET])


def test_no_secret_signs_nothing() -> None:
    assert not is_signed(request(), [])


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (TIME, 1760000000),
        ("1760000000123", 1760000000),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1e9", None),
        ("1" * 14, None),
        ("\uff11", None),
    ],
)
def test_time_is_read_in_seconds_and_in_milliseconds(time, seconds) -> None:
    assert read_time(request(time=time).headers) == seconds


def test_malformed_signature_has_no_time() -> None:
    assert read_time(request("sha256=signature").headers) is None
    assert read_time({"x-webhook-timestamp": TIME}) is None
