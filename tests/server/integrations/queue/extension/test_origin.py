import pytest
from starlette.datastructures import Headers

from server.integrations.queue.extension.origin import is_extension, is_from_here, names_extension, read_origin

ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


def make_headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode()) for name, value in pairs])


def test_origin_is_that_of_a_paired_extension_exactly():
    assert is_extension(ORIGIN, {ORIGIN})
    for other in (ORIGIN[:-1], ORIGIN + "x", ORIGIN.replace("chrome", "moz"), "https://chatgpt.com", "null", ""):
        assert not is_extension(other, {ORIGIN})


def test_listed_web_page_is_no_extension():
    assert not is_extension("https://chatgpt.com", {"https://chatgpt.com"})


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://a.example", "chrome-extension://", "chrome-extension://a/b", "chrome-extension://a,x", "file://"],
)
def test_only_extensions_have_the_origin_of_one(origin):
    assert not names_extension(origin)


def test_firefox_gives_each_installation_an_id_of_its_own():
    assert names_extension("moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc")


def test_two_origins_are_none():
    headers = make_headers(("origin", ORIGIN), ("origin", "https://a.example"))
    assert not names_extension(read_origin(headers))
    assert read_origin(make_headers()) == ""


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.0.0.1"])
def test_request_at_the_own_address_is_from_here(host):
    assert is_from_here(make_headers(("host", host)))


@pytest.mark.parametrize(
    "pairs",
    [
        [("host", "abc.ngrok-free.app")],
        [("host", "192.168.1.7:8000")],
        [("host", "127.0.0.1:8000"), ("x-forwarded-for", "203.0.113.7")],
        [("host", "127.0.0.1:8000"), ("forwarded", "for=203.0.113.7")],
        [("host", "127.0.0.1:8000"), ("via", "1.1 proxy")],
        [("host", "127.0.0.1:8000"), ("host", "abc.ngrok-free.app")],
        [],
    ],
)
def test_request_through_a_tunnel_or_a_proxy_is_not_from_here(pairs):
    assert not is_from_here(make_headers(*pairs))
