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
