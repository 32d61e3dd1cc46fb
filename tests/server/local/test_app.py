import hashlib
import sqlite3
import threading
from contextlib import closing

from tests import loopback


def test_local_api_needs_its_session(serve) -> None:
    served = serve()
    for path in ("/api/overview", "/api/clients", "/api/activity", "/api/events", "/api/addresses"):
        assert loopback.get(served.local + path).status_code == 401
        wrong = {"Authorization": "Bearer " + served.make_client(path.replace("/", "-").strip("-"))}
        assert loopback.get(served.local + path, headers=wrong).status_code == 401


def test_page_shows_pictures_of_its_own_and_those_that_it_has_fetched(demo) -> None:
    rules = dict(rule.split(" ", 1) for rule in demo.person("GET", "/").headers["content-security-policy"].split("; "))
    assert rules["img-src"] == "'self' blob:"
    assert rules["media-src"] == "blob:"
    assert (rules["default-src"], rules["script-src"], rules["connect-src"]) == ("'none'", "'self'", "'self'")


def test_files_of_messages_need_the_session_and_bring_their_own_policy(serve) -> None:
    served = serve()
    path = "/api/chats/a/assets/1"
    assert loopback.get(served.local + path).status_code == 401
    picture = b"\x89PNG\r\n\x1a\n"
    digest = hashlib.sha256(picture).hexdigest()
    place = served.data / "archive-files" / digest[:2] / digest
    place.parent.mkdir(parents=True)
    place.write_bytes(picture)
    with closing(sqlite3.connect(served.data / "deskhand.db", isolation_level=None)) as connection:
        connection.execute("INSERT INTO chat_conversation (key, id, source) VALUES (1, 'a', 'openai')")
        connection.execute("INSERT INTO chat_asset VALUES (1, 1, '1', 'a.png', 'text/html', 8, ?)", (digest,))
    answer = served.person("GET", path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert answer.headers["cache-control"] == "no-store"


def test_public_api_has_no_local_route(demo) -> None:
    key = demo.make_client()
    for path in (
        "/api/overview",
        "/api/clients",
        "/api/events",
        "/enter",
        "/oauth2callback",
        "/gmail/auth/callback",
        "/api/gmail/status",
    ):
        assert demo.call("GET", path, key).status_code == 404, path
        assert demo.call("POST", path, key).status_code == 404, path


def test_events_are_streamed_and_an_open_stream_does_not_delay_shutdown(serve) -> None:
    served = serve()
    heard: list[str] = []
    first = threading.Event()

    def listen() -> None:
        running = {"Authorization": served.person("GET", "/api/overview").request.headers["Authorization"]}
        with loopback.stream("GET", served.local + "/api/events", headers=running, timeout=30) as stream:
            for line in stream.iter_lines():
                if line.startswith("event:"):
                    heard.append(line.removeprefix("event:").strip())
                    first.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert first.wait(60)
    served.make_client("bot")
    assert served.background.stop(10)
    listener.join(60)
    assert not listener.is_alive()
    assert heard[:2] == ["hello", "clients"]
