import pytest

from server.core.errors import InvalidInput
from server.http.addresses import Address


def test_public_url_replaces_the_own_address() -> None:
    address = Address(public_port=8000, local_port=9000)
    assert address.public == "http://127.0.0.1:8000"
    address.set_public_url("https://Desk.example.org/")
    assert address.public == "https://desk.example.org"
    assert {"desk.example.org", "desk.example.org:443"} <= address.public_hosts()
    address.set_public_url(None)
    assert "desk.example.org" not in address.public_hosts()


@pytest.mark.parametrize(
    "url",
    [
        "desk.example.org",
        "ftp://x.example",
        "https://",
        "https://x.example/path",
        "https://x.example?q",
        "https://a:b@x.example",
        "https://x:0",
    ],
)
def test_invalid_public_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"https://desk\.example\.org"):
        Address().set_public_url(url)


def test_listeners_are_notified_of_an_address_change() -> None:
    heard: list[int] = []
    address = Address()
    address.listeners.append(lambda: heard.append(1))
    address.set_public_url("https://x.example")
    assert heard == [1]


def test_hosts_of_public_and_local_api_differ() -> None:
    address = Address(public_port=8000, local_port=9000)
    assert not address.public_hosts() & address.local_hosts()
    assert address.local_origins() == {"http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, True),
        ("http://127.0.0.1:4040", True),
        ("http://localhost:4040", True),
        ("http://[::1]:4040", True),
        ("https://desk.example.org", False),
        ("https://localhost.example.org", False),
    ],
)
def test_loopback_address_is_for_this_computer_only(url, expected) -> None:
    address = Address(8000)
    address.set_public_url(url)
    assert address.is_here_only() is expected
