import httpx2
import pytest

from server.context import Clock
from server.errors import NotAuthenticated
from server.local.entry import COOKIE, Entries


class Later(Clock):
    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def enter(served, **options):
    made = served.person("POST", "/api/entries").json()
    return httpx2.post(made["address"], data={"key": made["key"]}, trust_env=False, **options), made["key"]


def test_a_key_opens_one_session_and_only_cookie_and_token_together_open_the_door(serve) -> None:
    served = serve()
    entered, key = enter(served, headers={"Origin": "null"})
    assert entered.status_code == 303
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert "samesite=strict" in entered.headers["set-cookie"].lower()
    token = entered.headers["location"].removeprefix("/#token=")
    cookie = {"Cookie": f"{COOKIE}={entered.cookies[COOKIE]}"}
    url = served.local + "/api/overview"
    assert httpx2.get(url, headers={**cookie, "X-Deskhand-Token": token}, trust_env=False).status_code == 200
    for headers in (cookie, {"X-Deskhand-Token": token}, {**cookie, "X-Deskhand-Token": "wrong"}, {}):
        assert httpx2.get(url, headers=headers, trust_env=False).status_code == 401
    again = httpx2.get(f"{served.local}/enter?key={key}", trust_env=False)
    assert again.status_code == 401


def test_a_key_is_too_old_after_half_a_minute() -> None:
    clock = Later()
    entries = Entries("key", clock)
    late = entries.make_key()
    clock.seconds = 29
    in_time = entries.make_key()
    clock.seconds = 31
    assert entries.enter(in_time).status_code == 303
    with pytest.raises(NotAuthenticated):
        entries.enter(late)


def test_a_foreign_origin_is_refused_everywhere_else(serve) -> None:
    served = serve()
    for origin in ("null", "https://evil.example", served.public):
        assert served.person("GET", "/api/overview", headers={"Origin": origin}).status_code == 403
    assert served.person("GET", "/api/overview", headers={"Origin": served.local}).status_code == 200
