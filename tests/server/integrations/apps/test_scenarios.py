from server.integrations.apps.scenarios import SCRIPT, START_CLOCK, STOP_CLOCK


def test_started_programs_are_stopped():
    steps = [step for task in (*SCRIPT.opening, *SCRIPT.usual) for step in task.begin()]
    assert [step for step in steps if step in (START_CLOCK, STOP_CLOCK)] == [START_CLOCK, STOP_CLOCK] * 2


def test_start_is_reverted_by_a_stop():
    assert START_CLOCK.undo == STOP_CLOCK
