import pytest

from server.core.errors import UpstreamFailed
from server.tunnel.provider import TunnelError, check_address


def test_error_has_advice_and_says_whether_it_is_transient() -> None:
    error = TunnelError("It is raining.", "Take an umbrella.", transient=True)
    assert (error.detail, error.advice, error.transient) == ("It is raining.", "Take an umbrella.", True)
    assert isinstance(error, UpstreamFailed)
    assert TunnelError().detail


def test_public_address_is_normalized() -> None:
    assert check_address("https://x.ngrok.app", demo=False) == "https://x.ngrok.app"
    assert check_address("HTTPS://X.NGROK.APP", demo=False) == "https://x.ngrok.app"
    assert check_address("http://127.0.0.1:81", demo=True) == "http://127.0.0.1:81"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "http://x.ngrok.app",
        "http://127.0.0.1:81",
        "https://127.0.0.1",
        "https://x.ngrok.app:81",
        "https://x.ngrok.app:bad",
        "https://x.ngrok.app?a",
        "https://x.ngrok.app/a",
        "https://name:word@x.ngrok.app",
        "https://a b\nX: y",
        "https://[::1",
        "https://x\u202e.app",
        "https://é.app",
        "https://" + "x" * 250 + ".app",
    ],
)
def test_invalid_public_address_is_refused_with_advice(address: str) -> None:
    with pytest.raises(TunnelError) as refused:
        check_address(address, demo=False)
    assert refused.value.advice and not refused.value.transient


@pytest.mark.parametrize(
    "address", ["https://x.ngrok.app", "http://127.0.0.1", "http://127.0.0.1:0", "http://127.0.0.2:81", "http://x.example:81"]
)
def test_demo_address_must_be_on_this_computer(address: str) -> None:
    with pytest.raises(TunnelError):
        check_address(address, demo=True)
