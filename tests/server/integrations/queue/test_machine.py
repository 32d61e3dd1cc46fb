from tests.server.integrations.queue.queue_machine import QueueMachine, run_machine


def test_queue_does_what_its_model_does(long):
    examples, steps = (2_000, 60) if long else (10, 30)
    run_machine(QueueMachine, examples, steps, is_random=long)
