import pytest

from server.core.errors import TooManyRequests
from server.projections.mcp.sessions import Sessions


def open_one(sessions, name, client="one"):
    with sessions.use(client, None) as session:
        session.id = name


def test_least_recently_used_session_is_evicted():
    sessions = Sessions(2)
    open_one(sessions, "a")
    open_one(sessions, "b")
    assert sessions.make_room("one") is None
    with sessions.use("one", "a"):
        pass
    with sessions.use("one", None):
        assert sessions.make_room("one") == "b"
        assert sessions.make_room("one") is None
    assert sessions.make_room("other") is None


def test_two_sessions_that_open_at_once_both_evict():
    sessions = Sessions(2)
    open_one(sessions, "a")
    open_one(sessions, "b")
    with sessions.use("one", None), sessions.use("one", None):
        assert [sessions.make_room("one") for _ in range(3)] == ["a", "b", None]


def test_busy_sessions_are_not_evicted():
    sessions = Sessions(1)
    open_one(sessions, "a")
    with sessions.use("one", "a"), pytest.raises(TooManyRequests), sessions.use("one", None):
        sessions.make_room("one")
    with sessions.use("one", None):
        assert sessions.make_room("one") == "a"


def test_session_that_did_not_open_or_is_over_is_forgotten():
    sessions = Sessions(1)
    with sessions.use("one", None):
        pass
    with sessions.use("one", "made-up"):
        pass
    open_one(sessions, "a")
    with sessions.use("one", "a") as session:
        session.over = True
    with sessions.use("one", None):
        assert sessions.make_room("one") is None
