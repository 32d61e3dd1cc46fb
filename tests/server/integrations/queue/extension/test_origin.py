import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from server.integrations.queue.extension.origin import is_extension, is_from_here, names_extension, read_origin

ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


def make_headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode()) for name, value in pairs])


def connect(*pairs: tuple[str, str], peer: str = "127.0.0.1") -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": make_headers(*pairs).raw, "client": (peer, 50_000)})


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
    for peer in ("127.0.0.1", "::1"):
        assert is_from_here(connect(("host", host), peer=peer))


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
    assert not is_from_here(connect(*pairs))


@pytest.mark.parametrize("peer", ["192.168.1.7", "203.0.113.7", "fe80::1", "::ffff:10.0.0.1", "testclient"])
def test_peer_in_the_network_is_not_from_here_whatever_its_host_header_says(peer):
    assert not is_from_here(connect(("host", "127.0.0.1:8000"), peer=peer))
