import json

import pytest

from desktop.server_thread import BackgroundServer
from server.core.errors import Conflict
from server.http import server
from server.lifecycle.program import Options, Program
from tests import loopback


def test_a_second_server_with_the_same_folder_is_refused_with_a_sentence(serve) -> None:
    served = serve()
    with pytest.raises(Conflict, match="running already"):
        BackgroundServer(Program(Options(port=0, data_dir=served.data))).start()


def test_the_runtime_file_is_there_while_it_runs_and_for_this_person_alone(serve) -> None:
    served = serve()
    file = served.data / "runtime.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["public"] == served.public
    assert served.background.stop()
    assert not file.exists()


def test_the_key_from_the_environment_makes_one_client_once(serve) -> None:
    key = "a long key that the person chose"
    served = serve(first_key=key)
    assert served.call("GET", "/apps/list", key).status_code == 200
    served.person("DELETE", "/api/clients/first")
    served.background.stop()
    again = serve(first_key=key)
    assert again.call("GET", "/apps/list", key).status_code == 401


def test_the_server_stops_before_it_has_started(tmp_path) -> None:
    program = Program(Options(port=0, data_dir=tmp_path))
    program.stop()
    background = BackgroundServer(program)
    background.start()
    assert background.wait(10)


def test_nothing_is_said_twice_in_the_headers(serve) -> None:
    answer = loopback.get(serve().public + "/health")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert "server" not in answer.headers


@pytest.mark.timeout(60)
def test_a_failure_while_it_runs_ends_it_and_is_told(tmp_path) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as failure:
        server.run(lambda: Program(Options(port=0, data_dir=tmp_path)).run(fail))
    assert failure.group_contains(ZeroDivisionError)


def test_a_start_after_a_kill_says_that_there_was_one(tmp_path, serve) -> None:
    (tmp_path / "data").mkdir(0o700)
    (tmp_path / "data" / "runtime.json").write_text("{}")
    (told,) = serve().person("GET", "/api/overview").json()["notices"]
    assert "without a chance to say goodbye" in told
