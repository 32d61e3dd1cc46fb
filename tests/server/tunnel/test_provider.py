import pytest

from server.core.errors import UpstreamFailed
from server.tunnel.provider import EventKind, TunnelError, TunnelEvent, check_address


def test_what_went_wrong_comes_with_what_to_do() -> None:
    trouble = TunnelError("It is raining.", "Take an umbrella.", transient=True)
    assert (trouble.detail, trouble.advice, trouble.transient) == ("It is raining.", "Take an umbrella.", True)
    assert isinstance(trouble, UpstreamFailed)
    assert TunnelError().detail


def test_news_say_what_they_are_about() -> None:
    assert TunnelEvent(EventKind.up, "https://x.example").error is None


def test_a_public_address_has_https_and_a_plain_name() -> None:
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
def test_what_cannot_be_a_public_address_is_refused_with_what_to_do(address: str) -> None:
    with pytest.raises(TunnelError) as refused:
        check_address(address, demo=False)
    assert refused.value.advice and not refused.value.transient


@pytest.mark.parametrize("address", ["https://x.ngrok.app", "http://127.0.0.1", "http://127.0.0.2:81", "http://x.example:81"])
def test_in_demo_mode_an_address_is_one_on_this_computer(address: str) -> None:
    with pytest.raises(TunnelError):
        check_address(address, demo=True)
