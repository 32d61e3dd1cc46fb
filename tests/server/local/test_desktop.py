import pytest

from server.core.errors import Unavailable
from server.sdk.desktop import NoScreen


class Desktop(NoScreen):
    """A screen that remembers what was wanted."""

    def __init__(self):
        self.on, self.opened = False, []

    def starts_at_login(self):
        return self.on

    def set_start_at_login(self, wanted):
        self.on = wanted

    def open_folder(self, folder):
        self.opened.append(folder)


def test_start_at_login_needs_a_screen(serve) -> None:
    served = serve()
    body = served.person("GET", "/api/desktop").json()
    assert body["start_at_login"] is None
    assert body["logs"] == str(served.data / "logs")
    refused = served.person("PUT", "/api/desktop", json={"start_at_login": True})
    assert refused.status_code == Unavailable.status
    assert "deskhand serve" in refused.json()["detail"]


def test_desktop_settings_are_updated_and_omitted_ones_stay(serve) -> None:
    desktop = Desktop()
    served = serve(screen=desktop)
    assert served.person("PUT", "/api/desktop", json={"start_at_login": True}).json()["start_at_login"] is True
    assert desktop.on
    assert served.person("PUT", "/api/desktop", json={}).json()["start_at_login"] is True
    assert served.person("PUT", "/api/desktop", json={"start_at_login": False}).json()["start_at_login"] is False


def test_demo_does_not_start_at_login(serve) -> None:
    desktop = Desktop()
    served = serve(demo=True, screen=desktop)
    assert served.person("GET", "/api/desktop").json()["start_at_login"] is None
    assert served.person("PUT", "/api/desktop", json={"start_at_login": True}).status_code == Unavailable.status
    assert not desktop.on


def test_update_page_is_empty_without_published_updates(demo) -> None:
    body = demo.person("GET", "/api/desktop").json()
    assert body["check_for_updates"] is None
    assert body["update"] is None


def test_log_folder_is_opened(serve) -> None:
    desktop = Desktop()
    served = serve(screen=desktop)
    answer = served.person("POST", "/api/logs/open")
    assert answer.json() == {"path": str(served.data / "logs")}
    assert desktop.opened == [served.data / "logs"]
    assert (served.data / "logs" / "deskhand.log").exists()


def test_log_folder_is_named_without_a_screen(serve) -> None:
    served = serve()
    answer = served.person("POST", "/api/logs/open")
    assert answer.status_code == Unavailable.status
    assert str(served.data / "logs") in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/desktop", "/api/logs/open"])
def test_desktop_actions_need_the_session(serve, path) -> None:
    served = serve()
    assert served.call("GET", path).status_code == 404
