import threading

from tests import loopback


def test_local_api_needs_its_session(serve) -> None:
    served = serve()
    for path in ("/api/overview", "/api/clients", "/api/activity", "/api/events", "/api/addresses"):
        assert loopback.get(served.local + path).status_code == 401
        wrong = {"Authorization": "Bearer " + served.make_client(path.replace("/", "-").strip("-"))}
        assert loopback.get(served.local + path, headers=wrong).status_code == 401


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
    assert first.wait(10)
    served.make_client("bot")
    assert served.background.stop(10)
    listener.join(10)
    assert not listener.is_alive()
    assert heard[:2] == ["hello", "clients"]
