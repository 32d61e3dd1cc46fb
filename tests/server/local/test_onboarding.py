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


def test_onboarding_has_the_steps_of_the_core_and_of_integrations_at_first_start(serve):
    onboarding = read(serve())
    steps = onboarding.pop("steps")
    assert onboarding == {"version": 0, "finished": False, "client": None}
    assert set(STEPS) <= steps.keys()
    assert set(steps.values()) == {"open"}


def test_onboarding_continues_after_a_restart(serve):
    server = serve()
    save(server, finished=False, steps={"use": "done", "tunnel": "skipped"}, client="my-gpt")
    server.background.stop()
    now = read(serve(data=server.data))
    assert (now["finished"], now["client"], now["version"]) == (False, "my-gpt", VERSION)
    assert [now["steps"][name] for name in STEPS] == ["done", "skipped", "open", "open", "open"]


def test_finished_onboarding_is_not_shown_again_until_requested(serve):
    server = serve()
    assert save(server, finished=True)["finished"]
    assert read(server)["finished"]
    assert not save(server, finished=False)["finished"]
    assert not read(server)["finished"]


def test_onboarding_is_skipped_with_a_client_and_in_the_demo(serve, tmp_path):
    own, played = serve(tmp_path / "own"), serve(tmp_path / "demo", demo=True)
    own.make_client("script")
    assert read(own)["finished"]
    assert read(played)["finished"]
    save(played, finished=False)
    assert not read(played)["finished"]


def test_client_created_during_onboarding_does_not_end_it(serve):
    server = serve()
    save(server, finished=False)
    server.make_client("my-gpt")
    assert not read(server)["finished"]


@pytest.mark.parametrize("progress", [{}, {"finished": False, "steps": {"use": "half"}}, {"finished": 1, "client": "x" * 41}])
def test_invalid_progress_is_refused(serve, progress):
    server = serve()
    assert server.person("PUT", "/api/onboarding", json=progress).status_code == 422
    assert read(server)["version"] == 0


class Recorded(NoScreen):
    def __init__(self):
        self.demos = 0

    def start_demo(self):
        self.demos += 1


def test_demo_is_started_beside_the_program(serve):
    screen = Recorded()
    assert serve(screen=screen).person("POST", "/api/demo").status_code == 204
    assert screen.demos == 1


def test_demo_command_is_shown_without_a_screen(serve):
    answer = serve().person("POST", "/api/demo")
    assert answer.status_code == 503
    with pytest.raises(Unavailable) as refusal:
        NoScreen().start_demo()
    assert answer.json()["detail"] == refusal.value.detail


def test_demo_cannot_start_a_demo(demo):
    assert demo.person("POST", "/api/demo").status_code == 409
