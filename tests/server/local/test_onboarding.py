import pytest

from server.core.errors import Unavailable
from server.local.onboarding import VERSION
from server.sdk.desktop import NoScreen

STEPS = ("use", "tunnel", "connect", "gmail", "apps")


def read(server):
    return server.person("GET", "/api/onboarding").json()


def save(server, **progress):
    answer = server.person("PUT", "/api/onboarding", json=progress)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_first_start_has_all_five_steps_before_it(serve):
    assert read(serve()) == {"version": 0, "finished": False, "steps": dict.fromkeys(STEPS, "open"), "client": None}


def test_one_goes_on_where_one_was_after_a_restart(serve):
    server = serve()
    save(server, finished=False, steps={"use": "done", "tunnel": "skipped"}, client="my-gpt")
    server.background.stop()
    now = read(serve(data=server.data))
    assert (now["finished"], now["client"], now["version"]) == (False, "my-gpt", VERSION)
    assert [now["steps"][name] for name in STEPS] == ["done", "skipped", "open", "open", "open"]


def test_who_is_through_is_not_asked_again_until_they_wish_it(serve):
    server = serve()
    assert save(server, finished=True)["finished"]
    assert read(server)["finished"]
    assert not save(server, finished=False)["finished"]
    assert not read(server)["finished"]


def test_who_has_a_client_already_or_plays_is_not_led(serve, tmp_path):
    own, played = serve(tmp_path / "own"), serve(tmp_path / "demo", demo=True)
    own.make_client("script")
    assert read(own)["finished"]
    assert read(played)["finished"]
    save(played, finished=False)
    assert not read(played)["finished"]


def test_a_client_made_on_the_way_does_not_end_it(serve):
    server = serve()
    save(server, finished=False)
    server.make_client("my-gpt")
    assert not read(server)["finished"]


@pytest.mark.parametrize("progress", [{}, {"finished": False, "steps": {"use": "half"}}, {"finished": 1, "client": "x" * 41}])
def test_what_is_no_progress_is_refused(serve, progress):
    server = serve()
    assert server.person("PUT", "/api/onboarding", json=progress).status_code == 422
    assert read(server)["version"] == 0


class Recorded(NoScreen):
    def __init__(self):
        self.demos = 0

    def start_demo(self):
        self.demos += 1


def test_the_demo_is_started_beside_the_program(serve):
    screen = Recorded()
    assert serve(screen=screen).person("POST", "/api/demo").status_code == 204
    assert screen.demos == 1


def test_where_there_is_no_screen_the_way_to_the_demo_is_told(serve):
    answer = serve().person("POST", "/api/demo")
    assert answer.status_code == 503
    with pytest.raises(Unavailable) as told:
        NoScreen().start_demo()
    assert answer.json()["detail"] == told.value.detail


def test_the_demo_starts_no_demo(demo):
    assert demo.person("POST", "/api/demo").status_code == 409
