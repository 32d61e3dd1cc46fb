import pytest

from server.core.errors import InvalidInput
from server.local.origins import check_origin


def test_listed_origin_may_call_and_others_may_not(demo) -> None:
    key = demo.make_client()
    page, other = {"Origin": "https://notes.example.org"}, {"Origin": "https://evil.example"}
    assert demo.call("GET", "/apps/list", key, headers=page).status_code == 403
    set_to = demo.person("PUT", "/api/origins", json={"allowed": ["https://Notes.example.org/"]})
    assert set_to.json() == demo.person("GET", "/api/origins").json() == {"allowed": ["https://notes.example.org"]}
    answer = demo.call("GET", "/apps/list", key, headers=page)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://notes.example.org")
    assert "access-control-allow-credentials" not in answer.headers
    assert demo.call("GET", "/apps/list", key, headers=other).status_code == 403


@pytest.mark.parametrize(
    ("given", "normalized"),
    [
        ("https://A.b:443/", "https://a.b"),
        ("http://a.b:80", "http://a.b"),
        ("http://a.b:443", "http://a.b:443"),
        ("https://a.b:0443", "https://a.b"),
        ("https://[::1]:1", "https://[::1]:1"),
        ("https://[0:0::1]", "https://[::1]"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://xn--caf-dma.example", "https://xn--caf-dma.example"),
        ("chrome-extension://abcdefghijklmnopabcdefghijklmnop", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"),
    ],
)
def test_origin_is_normalized_as_a_browser_sends_it(given: str, normalized: str) -> None:
    assert check_origin(given) == normalized


@pytest.mark.parametrize(
    "origin",
    [
        "https://*", "https://*.example", "https://a b", "https://a\tb", "https://a\x00b", "https://@a", "https://a:0", "https://a:99999",
        "https://[::1", "https://::1", "https://[fe80::1%25eth0]", "https://[::ffff:1.2.3.4]", "https://127.1", "https://0x7f.1",
        "https://a..b", "https://a?", "https://a#", "https://a%2eb", "chrome-extension://a:1", "https:\\\\a", "moz-extension://",
    ],
)  # fmt: skip
def test_origin_path_and_default_port_are_dropped(origin: str) -> None:
    with pytest.raises(InvalidInput, match=r"https://notes\.example\.org"):
        check_origin(origin)


def test_international_origin_is_stored_as_punycode() -> None:
    with pytest.raises(InvalidInput, match="xn--caf-dma"):
        check_origin("https://café.example")


@pytest.mark.parametrize(
    "origin", ["*", "null", "notes.example.org", "https://", "https://a.example/path", "ftp://a.example", "https://a:b@c"]
)
def test_invalid_origin_is_refused_with_an_example(serve, origin: str) -> None:
    answer = serve().person("PUT", "/api/origins", json={"allowed": [origin]})
    assert answer.status_code == 422
    assert "https://notes.example.org" in answer.json()["detail"]


def test_duplicate_origin_is_listed_once(serve) -> None:
    twice = ["https://a.example", "https://A.example/"]
    assert serve().person("PUT", "/api/origins", json={"allowed": twice}).json() == {"allowed": ["https://a.example"]}
