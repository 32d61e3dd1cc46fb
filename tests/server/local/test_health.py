import pytest

from server.http.addresses import Address
from server.integrations.queue.service import QueueService
from server.local.health import list_problems
from server.runtime.state import open_state
from server.sdk.health import Health
from server.sdk.integration import Integration, IntegrationSpec
from server.storage.data_dir import open_home


def load() -> IntegrationSpec:
    raise ModuleNotFoundError("missing_library")


async def test_broken_integration_is_a_problem_that_names_it(tmp_path) -> None:
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            assert list_problems(state) == []
            state.runtime.start(state.context, lambda: [Integration("notes", "Notes", ("/notes",), load)])
            await state.runtime.wait()
            assert list_problems(state) == ["Notes could not be started. Deskhand's log says why."]
            await state.runtime.stop()


PARTS = ["refresh", "problem", "setup_hint", "is_set_up", "summary", "tray_line"]


@pytest.mark.parametrize("part", PARTS)
def test_integration_whose_health_cannot_be_read_hides_nothing_of_the_others(serve, monkeypatch, caplog, part) -> None:
    served = serve()

    def fail(_: Health) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(QueueService, part, fail if part == "refresh" else property(fail))
    for _ in range(2):
        overview, status = (served.person("GET", f"/api/{path}") for path in ("overview", "status"))
        assert (overview.status_code, status.status_code) == (200, 200)
        problems = {view["name"]: view["problem"] for view in overview.json()["integrations"]}
        assert {name for name, problem in problems.items() if problem} == {"queue"}
        assert status.json()["problems"] == ["Browser queue made a mistake. Deskhand's log says more."]
    assert caplog.text.count("The health of Browser queue could not be read.") == 1
    (check,) = [check for check in served.person("GET", "/api/checks").json() if check["what"] == "Browser queue"]
    assert (check["well"], check["detail"]) == (False, problems["queue"])
    monkeypatch.undo()
    assert served.person("GET", "/api/status").json()["problems"] == []
