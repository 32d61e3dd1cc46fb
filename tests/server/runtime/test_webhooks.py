import pytest

from server.http.addresses import Address
from server.runtime.webhooks import list_own


@pytest.mark.parametrize(
    ("url", "own"),
    [
        (None, set()),
        ("https://pc.ngrok.app", {"pc.ngrok.app:443"}),
        ("https://Desk.example.:8443", {"desk.example:8443"}),
        ("http://127.0.0.1:8000", {"127.0.0.1:8000"}),
        ("http://[::1]:8000", {"[::1]:8000"}),
        ("https://bücher.example", {"xn--bcher-kva.example:443"}),
        ("https://a..b", set()),
    ],
)
def test_public_address_is_own(url, own):
    assert list_own(Address(public_url=url)) == own
