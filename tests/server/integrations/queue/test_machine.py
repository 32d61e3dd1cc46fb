from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.server.integrations.queue.queue_machine import QueueMachine


def test_queue_does_what_its_model_does(long):
    examples, steps = (2_000, 60) if long else (10, 30)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=not long,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(QueueMachine, settings=chosen)
