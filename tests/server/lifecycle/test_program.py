import gc
import json
import weakref
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from desktop.server_thread import BackgroundServer
from server.core.clock import Clock
from server.core.errors import Conflict, InvalidInput
from server.http import server
from server.lifecycle import runtime_file
from server.lifecycle.program import Options, Program, ungrouped_errors
from tests import loopback
from tests.conftest import forget_endpoints


def test_second_server_with_the_same_folder_is_refused_with_a_sentence(serve) -> None:
    served = serve()
    with pytest.raises(Conflict, match="running already"):
        BackgroundServer(Program(Options(port=0, data_dir=served.data))).start()


def test_runtime_file_exists_while_running_and_is_private(serve) -> None:
    served = serve()
    file = served.data / "runtime.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["public"] == served.public
    assert served.background.stop()
    assert not file.exists()


def test_key_of_the_environment_that_is_too_short_is_refused_in_a_sentence_and_no_crash(tmp_path) -> None:
    with pytest.raises(InvalidInput, match="at least 20 characters"):
        BackgroundServer(Program(Options(port=0, data_dir=tmp_path, first_key="short"))).start()
    assert not [path for path in (tmp_path / "logs").glob("*crash*") if path.stat().st_size]


def test_other_errors_of_a_group_stay_in_it() -> None:
    with pytest.raises(ExceptionGroup), ungrouped_errors():
        raise ExceptionGroup("both", [Conflict(), ValueError()])
    with pytest.raises(ExceptionGroup), ungrouped_errors():
        raise ExceptionGroup("none", [ValueError()])


def test_key_of_the_environment_creates_one_client_once(serve) -> None:
    key = "a long key that the person chose"
    served = serve(first_key=key)
    assert served.call("GET", "/apps/list", key).status_code == 200
    served.person("DELETE", "/api/clients/first")
    served.background.stop()
    again = serve(first_key=key)
    assert again.call("GET", "/apps/list", key).status_code == 401


def test_server_can_be_stopped_before_it_has_started(tmp_path) -> None:
    program = Program(Options(port=0, data_dir=tmp_path))
    program.stop()
    background = BackgroundServer(program)
    background.start()
    assert background.wait(60)


def test_response_headers_are_not_duplicated(serve) -> None:
    answer = loopback.get(serve().public + "/health")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert "server" not in answer.headers


@pytest.mark.timeout(300)
def test_failure_while_running_ends_the_program_and_is_raised(tmp_path) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as failure:
        server.run(lambda: Program(Options(port=0, data_dir=tmp_path)).run(fail))
    assert failure.group_contains(ZeroDivisionError)


def test_start_after_a_kill_reports_it(tmp_path, serve) -> None:
    (tmp_path / "data").mkdir(0o700)
    (tmp_path / "data" / "runtime.json").write_text("{}")
    (notice,) = serve().person("GET", "/api/overview").json()["notices"]
    assert "was stopped unexpectedly" in notice


def test_stopped_program_is_garbage_collected(tmp_path) -> None:
    clock = Clock()
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path), clock=clock))
    ready = background.start()
    for address in (f"{ready.public}/openapi.json", f"{ready.public}/apps/list", f"{ready.local}/api/status"):
        loopback.get(address)
    assert background.stop()
    reference = weakref.ref(clock)
    del clock, background
    forget_endpoints()
    gc.collect()
    assert reference() is None


def test_ready_is_announced_before_integrations_are_loaded_and_their_requests_wait(tmp_path, slow_integration) -> None:
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path)))
    ready = background.start()
    try:
        key = runtime_file.read(tmp_path).key
        headers = {"Authorization": f"Bearer {key}"}
        assert loopback.get(f"{ready.public}/health").status_code == 200
        status = loopback.get(f"{ready.local}/api/status", headers=headers).json()
        assert (status["look"], status["sentence"]) == ("off", "Loading")
        assert loopback.get(f"{ready.public}/apps/list").status_code == 401  # another integration is not held
        with ThreadPoolExecutor() as pool:
            waiting = {
                path: pool.submit(loopback.get, ready.public + path, timeout=30)
                for path in ("/slow/things", "/openapi.json", "/.well-known/oauth-authorization-server")
            }
            assert not wait(waiting.values(), timeout=0.5).done
            slow_integration.set()
            answers = {path: answer.result(30) for path, answer in waiting.items()}
        assert answers["/slow/things"].status_code == 401
        assert "/slow/things" in answers["/openapi.json"].json()["paths"]
        assert "read:slow" in answers["/.well-known/oauth-authorization-server"].json()["scopes_supported"]
    finally:
        slow_integration.set()
        assert background.stop()


def test_program_stops_while_an_integration_is_loading(tmp_path, slow_integration) -> None:
    background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path)))
    ready = background.start()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(loopback.get, f"{ready.public}/slow/things", timeout=30)
        assert not wait([waiting], timeout=0.3).done
        background.program.stop()
        assert waiting.result(30).status_code == 503
        slow_integration.set()
    assert background.wait(60)
