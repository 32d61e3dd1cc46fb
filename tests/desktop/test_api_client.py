import threading

import pytest

from desktop.api_client import ApiClient
from server.core.errors import DeskhandError, Unavailable
from server.lifecycle import runtime_file


@pytest.fixture
def served(serve):
    return serve(demo=True)


@pytest.fixture
def local(served) -> ApiClient:
    running = runtime_file.read(served.data)
    assert running
    return ApiClient(running)


def test_request_has_the_rights_of_the_window(local):
    assert local.ask("POST", "/api/pause", {"minutes": 15})["paused_until"]
    assert local.ask("GET", "/api/status")["paused_until"]


def test_refusal_is_a_sentence(local):
    with pytest.raises(DeskhandError, match=r"There is no client .*nobody"):
        local.ask("GET", "/api/clients/nobody")


def test_event_feed_yields_topics_and_ends_with_the_server(local, served):
    topics, begun = [], threading.Event()

    def follow():
        for topic in local.follow():
            topics.append(topic)
            begun.set()

    following = threading.Thread(target=follow)
    following.start()
    assert begun.wait(30)
    local.ask("POST", "/api/pause", {"minutes": 15})
    served.background.stop()
    following.join(30)
    assert not following.is_alive()
    assert topics[0] == "hello"
    assert "overview" in topics


def test_stopped_server_is_no_response(local, served):
    served.background.stop()
    with pytest.raises(Unavailable):
        local.ask("GET", "/api/status")
    assert list(local.follow()) == []
