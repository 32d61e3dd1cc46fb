import pytest

from server.core.clock import Clock
from server.core.errors import NotAuthenticated
from server.local.window_auth import MOST_PAGES, Entries
from tests import loopback


class Later(Clock):
    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def enter(served, **options):
    made = served.person("POST", "/api/entries").json()
    return loopback.post(made["address"], data={"key": made["key"]}, **options), made["key"]


def test_key_opens_one_session_that_needs_cookie_and_token(serve) -> None:
    served = serve()
    entered, key = enter(served, headers={"Origin": "null"})
    assert entered.status_code == 303
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert "samesite=strict" in entered.headers["set-cookie"].lower()
    token = entered.headers["location"].removeprefix("/#token=")
    cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    url = served.local + "/api/overview"
    assert loopback.get(url, headers={**cookie, "X-Deskhand-Token": token}).status_code == 200
    for headers in (cookie, {"X-Deskhand-Token": token}, {**cookie, "X-Deskhand-Token": "wrong"}, {}):
        assert loopback.get(url, headers=headers).status_code == 401
    again = loopback.get(f"{served.local}/enter?key={key}")
    assert again.status_code == 401


@pytest.mark.parametrize(
    ("page", "place"), [("approvals", "&page=approvals"), ("", ""), ("a&token=b", ""), ("//evil.example", "")]
)
def test_key_redirects_only_to_a_page_of_the_window(serve, page, place) -> None:
    made = serve().person("POST", "/api/entries").json()
    entered = loopback.post(made["address"], data={"key": made["key"], "page": page})
    token, separator, rest = entered.headers["location"].partition("&")
    assert separator + rest == place
    assert token.startswith("/#token=")


def test_key_expires_after_half_a_minute() -> None:
    clock = Later()
    entries = Entries("key", clock, "cookie")
    late = entries.make_key()
    clock.seconds = 29
    in_time = entries.make_key()
    clock.seconds = 31
    assert entries.enter(in_time).status_code == 303
    with pytest.raises(NotAuthenticated):
        entries.enter(late)


def open_tab(served, jar):
    """Enter as a browser does, from a file: what it has of cookies it does not send then. Answers the page's token."""
    entered, _ = enter(served, headers={"Origin": "null"})
    jar.update(entered.cookies)
    return entered.headers["location"].removeprefix("/#token=")


def is_in(served, jar, token) -> bool:
    answer = loopback.get(served.local + "/api/overview", cookies=jar, headers={"X-Deskhand-Token": token})
    return answer.status_code == 200


def test_session_cookies_of_several_tabs_and_programs_coexist(serve, tmp_path) -> None:
    own, demo, jar = serve(), serve(tmp_path / "demo", demo=True), {}  # browsers keep one jar for all ports
    first, of_demo, second = open_tab(own, jar), open_tab(demo, jar), open_tab(own, jar)
    assert [is_in(own, jar, first), is_in(own, jar, second), is_in(demo, jar, of_demo)] == [True, True, True]
    assert not is_in(own, jar, of_demo)
    assert not is_in(demo, jar, first)


def test_page_cannot_replace_the_session_cookie(serve, tmp_path) -> None:
    names = [next(iter(enter(serve(tmp_path / name))[0].cookies)) for name in ("one", "two")]
    assert len(set(names)) == 2
    assert all(len(name.removeprefix("deskhand_")) == 16 for name in names)


def test_session_cookies_of_earlier_starts_are_removed(serve) -> None:
    served = serve()
    before = enter(served)[0].cookies
    served.background.stop()
    after = enter(serve())[0].cookies
    assert before.keys() == after.keys()
    assert dict(before) != dict(after)


def test_number_of_sessions_is_limited(serve) -> None:
    served, jar = serve(), {}
    tokens = [open_tab(served, jar) for _ in range(MOST_PAGES + 1)]
    assert not is_in(served, jar, tokens[0])
    assert is_in(served, jar, tokens[1])


def test_foreign_origin_is_refused_everywhere_else(serve) -> None:
    served = serve()
    for origin in ("null", "https://evil.example", served.public):
        assert served.person("GET", "/api/overview", headers={"Origin": origin}).status_code == 403
    assert served.person("GET", "/api/overview", headers={"Origin": served.local}).status_code == 200
