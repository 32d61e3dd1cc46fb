import pytest

from server.core.hosts import is_loopback_host, is_this_computer


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("app.localhost", True),
        ("localhost.example", False),
        ("192.168.1.1", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_this_computer_is_known_by_name_and_address(host, expected):
    assert is_this_computer(host) is expected


@pytest.mark.parametrize(
    "host",
    [
        "",
        "desk.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[::1].evil.example",
        "::1",
        "192.168.1.5:8000",
        "localhost:8000@evil",
    ],
)
def test_host_of_another_computer_is_not_loopback(host):
    assert not is_loopback_host(host)
