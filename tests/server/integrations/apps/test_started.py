from server.integrations.apps.adapter import End
from server.integrations.apps.started import LaunchedProcesses
from server.system.processes import Process

FIRST, SECOND, CHILD = Process(10, 1700000000.5), Process(11, 1700000001.5), Process(12, 1700000002.5)


def play(desk, scenario):
    """Give a scenario two memories, the second of which remembers what the first has stored."""

    async def run(_):
        first = LaunchedProcesses(desk.context)
        await scenario(first)
        await first.flush()
        second = LaunchedProcesses(desk.context)
        await second.load()
        return second

    return desk.play(run)


def test_started_process_is_stored(desk):
    async def scenario(started):
        started.add("a", [FIRST, SECOND])
        started.add("b", [CHILD])
        started.add("a", [FIRST])

    again = play(desk, scenario)
    assert again.of("a") == {FIRST: "2023-11-14T22:13:20+00:00", SECOND: "2023-11-14T22:13:21+00:00"}
    assert list(again.of("b")) == [CHILD]


def test_ended_process_is_removed_and_its_end_published(desk):
    async def scenario(started):
        started.add("a", [FIRST, SECOND])
        started.record_end("a", End(FIRST, -9))
        assert started.ends["a"].how == "It was ended by the signal SIGKILL."
        assert started.ends["a"].code == -9

    assert list(play(desk, scenario).of("a")) == [SECOND]


def test_child_left_running_is_tracked(desk):
    async def scenario(started):
        started.add("a", [FIRST])
        started.record_end("a", End(FIRST, 0, (CHILD,)))

    assert list(play(desk, scenario).of("a")) == [CHILD]


def test_stopped_app_leaves_no_process(desk):
    async def scenario(started):
        started.add("a", [FIRST, SECOND])
        started.begin_stop([FIRST, SECOND])
        started.record_end("a", End(FIRST, -15, (CHILD,)))
        assert started.ends["a"].how == "It was stopped, as a client asked."
        started.finish_stop("a", [FIRST, SECOND], left=[SECOND])

    assert list(play(desk, scenario).of("a")) == [SECOND]


def test_end_while_deskhand_was_off_is_reported_as_unknown(desk):
    async def scenario(started):
        started.add("a", [FIRST])
        started.record_gone({"a": [FIRST], "b": []})
        assert started.ends["a"].how == "It ended while Deskhand was not watching."
        assert "b" not in started.ends

    assert play(desk, scenario).of("a") == {}


def test_end_of_a_foreign_process_is_not_published(desk):
    async def scenario(started):
        started.record_end("a", End(FIRST, 1))
        assert started.ends == {}

    play(desk, scenario)


def test_failing_store_does_not_affect_running_processes(desk):
    async def scenario(started):
        await desk.context.database.close()
        started.add("a", [FIRST])
        await started.flush()
        assert list(started.of("a")) == [FIRST]

    async def run(_):
        await scenario(LaunchedProcesses(desk.context))

    desk.play(run)
