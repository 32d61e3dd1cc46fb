import pytest


def test_a_listed_page_may_call_and_others_may_not(demo) -> None:
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
    "origin", ["*", "null", "notes.example.org", "https://", "https://a.example/path", "ftp://a.example", "https://a:b@c"]
)
def test_what_no_browser_sends_is_refused_with_an_example(serve, origin: str) -> None:
    answer = serve().person("PUT", "/api/origins", json={"allowed": [origin]})
    assert answer.status_code == 422
    assert "https://notes.example.org" in answer.json()["detail"]


def test_an_origin_listed_twice_is_listed_once(serve) -> None:
    twice = ["https://a.example", "https://A.example/"]
    assert serve().person("PUT", "/api/origins", json={"allowed": twice}).json() == {"allowed": ["https://a.example"]}
