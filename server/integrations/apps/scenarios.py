"""The demo's scenarios with programs."""

from server.sdk.demo import DemoScript, Persona, Scenario, Step, Task

CLOCK = "demo-clock"
STOP_CLOCK = Step("control_app", {"app_name": CLOCK, "action": "stop"})
START_CLOCK = Step("control_app", {"app_name": CLOCK, "action": "start"}, undo=STOP_CLOCK)


def start_clock() -> Scenario:
    """List the programs and start a harmless one."""
    yield Step("list_apps")
    yield START_CLOCK


def stop_clock() -> Scenario:
    """Read the state of that program and stop it."""
    yield Step("read_app", {"app_name": CLOCK})
    yield STOP_CLOCK


def start_unlisted() -> Scenario:
    """Start a program that is not on the person's list, which fails."""
    yield Step("control_app", {"app_name": "photo-editor", "action": "start"})


SCRIPT = DemoScript(
    opening=(Task(Persona.gpt, start_clock),),
    usual=tuple(Task(Persona.gpt, scenario) for scenario in (stop_clock, start_unlisted, start_clock, stop_clock)),
    allowed=("control_app",),
)
