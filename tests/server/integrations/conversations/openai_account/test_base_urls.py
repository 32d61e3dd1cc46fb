"""Addresses of APIs that the person enters."""

import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.openai_account.base_urls import check_base_url, is_near, read_origin


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "http://127.0.0.1:11434/v1",
        "http://[::1]:11434/v1",
        "http://localhost:1234/v1",
        "http://nas:8080/v1",
        "http://ollama.local/v1",
        "http://192.168.1.7:11434/v1",
    ],
)
def test_base_url_is_accepted(url):
    assert check_base_url(f" {url}/ ") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://8.8.8.8/v1",
        "ftp://127.0.0.1/",
        "https://user:password@example.com/v1",
        "https://example.com/v1?key=1",
        "https://example.com/v1#x",
        "https://exa mple.com/v1",
        "https://example.com:0/v1",
        "https://example.com:99999/v1",
        "https:///v1",
        "example.com",
        "http://[::1/v1",
        "https://example.com\\@evil.example/v1",
        "http://169.254.169.254/v1",
        "https://[fe80::1]/v1",
    ],
)
def test_base_url_is_refused(url):
    with pytest.raises(InvalidInput):
        check_base_url(url)


def test_origin_has_scheme_host_and_port():
    assert read_origin("https://API.example.com/v1") == "https://api.example.com:443"
    assert read_origin("http://127.0.0.1:9/v1") != read_origin("https://127.0.0.1:9/v1")


def test_public_name_is_not_near():
    assert not is_near("example.com")
    assert not is_near("local.example.com")
