import threading

from desktop.api_client import ApiClient
from desktop.tray.status_feed import StatusFeed
from server.lifecycle import runtime_file


def test_status_feed_reports_until_the_server_stops(serve):
    served, answers, paused = serve(demo=True), [], threading.Event()

    def keep(answer):
        answers.append(answer)
        if answer["paused_until"]:
            paused.set()

    running = runtime_file.read(served.data)
    assert running
    news = StatusFeed(ApiClient(running), keep)
    following = threading.Thread(target=news.follow)
    following.start()
    served.person("POST", "/api/pause", json={"minutes": 15})
    assert paused.wait(30)
    served.background.stop()
    following.join(30)
    assert not following.is_alive()
    assert answers[-1]["demo"] is True


def test_stop_is_not_missed_before_a_request():
    class Overtaken(threading.Event):
        def clear(self) -> None:
            feed.stop()
            super().clear()

    nowhere = runtime_file.Running("http://127.0.0.1:9", 9, "http://127.0.0.1:9", 1, "key", 0)
    feed = StatusFeed(ApiClient(nowhere), lambda _: None, Overtaken())
    polling = threading.Thread(target=feed._poll, daemon=True)
    polling.start()
    polling.join(30)
    assert not polling.is_alive()
