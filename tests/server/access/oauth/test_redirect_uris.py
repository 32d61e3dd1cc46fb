import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access.oauth.redirect_uris import check_own, is_among, is_gpt, is_https, is_known_site, is_loopback, may_register
from server.core.errors import InvalidInput


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1/", "http://[::1]:80/cb?x=1", "http://localhost:65535", "http://127.0.0.1:1/a/b"]
)
def test_loopback_host_is_recognized(uri):
    assert is_loopback(uri)
    assert may_register(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1.evil.test/",
        "http://localhost@evil.test/",
        "https://127.0.0.1/",
        "http://127.0.0.1/#x",
        "http://127.0.0.1/\\",
        "http://127.0.0.1:x/",
    ],
)
def test_lookalike_of_a_loopback_host_is_refused(uri):
    assert not is_loopback(uri)


@given(st.text(max_size=60))
def test_pattern_matches_the_whole_redirect_uri(text):
    for uri in ("https://chatgpt.com/aip/g-1/oauth/callback", "https://claude.ai/api/mcp/auth_callback"):
        if text:
            assert not is_gpt(uri + text)
            assert not is_known_site(uri + text)
            assert not is_known_site(text + uri)
    assert not is_gpt(text)


def test_port_may_vary_on_loopback_only():
    assert is_among("http://127.0.0.1:2/cb", ["http://127.0.0.1:1/cb"], any_port=True)
    assert not is_among("http://127.0.0.1:2/cb", ["http://127.0.0.1:1/cb"], any_port=False)
    assert not is_among("https://a.example:2/cb", ["https://a.example:1/cb"], any_port=True)


def test_custom_redirect_uris_are_unique():
    assert check_own(["https://a.example/cb", "https://a.example/cb"]) == ("https://a.example/cb",)
    with pytest.raises(InvalidInput, match="at most"):
        check_own([f"https://a.example/{number}" for number in range(11)])


@pytest.mark.parametrize(
    "uri", ["https://a:b@c/", "https://a:99999/", "https://[/", "https://a/\u00fc", "HTTPS://a/", "https://" + "a" * 600]
)
def test_ambiguous_redirect_uri_is_refused(uri):
    assert not is_https(uri)
