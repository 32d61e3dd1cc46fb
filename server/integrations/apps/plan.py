"""Plan of an order: the processes to end, the command to run, and the Effect."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.core.errors import Conflict, Forbidden, InvalidInput
from server.integrations.apps import wording
from server.integrations.apps.allow_list.entries import Entry
from server.integrations.apps.allow_list.file import title_of
from server.integrations.apps.models import Action, Order
from server.integrations.apps.resolve.launch_spec import LaunchSpec, Machine
from server.integrations.apps.resolve.target import Target, check_target
from server.sdk.operation import Effect
from server.system.files import hash_file
from server.system.processes import Process

RUNS = {Action.start: wording.START, Action.restart: wording.RESTART, Action.open: wording.OPEN}
HASHED = 64 * 1024 * 1024  # a larger file is shown by its size and its last change


@dataclass(frozen=True)
class AppState:
    """An app as it is now. `ours`: what Deskhand started, with since when; `others`: what the person did."""

    name: str
    entry: Entry
    launch_spec: LaunchSpec | None
    ours: dict[Process, str] = field(default_factory=dict)
    others: tuple[Process, ...] = ()

    @property
    def title(self) -> str:
        """Display name."""
        return title_of(self.name, self.entry)

    def running(self) -> dict[Process, str]:
        """All processes with their start time, oldest first."""
        every = {**self.ours, **{process: describe_time(process) for process in self.others}}
        return dict(sorted(every.items(), key=lambda item: item[0].started))

    def reachable(self) -> dict[Process, str]:
        """Those of its processes that may be stopped."""
        return self.ours if self.entry.stop.only_ours else self.running()


@dataclass(frozen=True)
class Plan:
    """The plan of an order. `nothing`: a sentence that says why there is nothing to do."""

    seen: AppState
    action: Action
    effect: Effect
    stops: tuple[Process, ...] = ()
    command: tuple[str, ...] = ()
    target: str | None = None
    nothing: str | None = None


def describe_time(process: Process) -> str:
    """Since when a process runs, ISO 8601 in UTC."""
    return datetime.fromtimestamp(process.started, UTC).isoformat(timespec="seconds")


def make_plan(order: Order, seen: AppState, machine: Machine) -> Plan:
    """Plan an order. Raises Forbidden, Conflict, NotFound or InvalidInput if it is impossible. Reads files."""
    allowed = seen.entry.actions()
    if order.action not in allowed:
        choices = " and ".join(allowed) or "nothing"
        raise Forbidden(f"{seen.title} may not be told to {order.action}. Its entry allows {choices}.")
    if order.action is not Action.open and order.target is not None:
        raise InvalidInput("A target is for open only.")
    if order.action is Action.stop and order.preset is not None:
        raise InvalidInput("A preset is for start, restart and open only.")
    if order.action is not Action.stop:
        return plan_run(order, seen, machine)
    if not seen.running():
        return plan_nothing(seen, Action.stop, "it is not running")
    stops = find_stoppable(seen)
    return Plan(
        seen,
        Action.stop,
        Effect(wording.STOP.fill(app=seen.title), (("App", seen.title), *stop_fields(seen, stops))),
        tuple(stops),
    )


def plan_run(order: Order, seen: AppState, machine: Machine) -> Plan:
    """Plan a start, open or restart."""
    launch_spec = seen.launch_spec
    if launch_spec is None:
        raise Conflict(f"{seen.title} is not installed on this computer.")
    running = seen.running()
    if order.action is Action.start and running and seen.entry.single_instance:
        return plan_nothing(seen, Action.start, "it is already running")
    stops = find_stoppable(seen) if order.action is Action.restart and running else {}
    target = find_target(order, seen.entry, machine)
    command = launch_spec.command(find_preset(order.preset, seen.entry), target.value if target else None)
    sentence = RUNS[order.action].fill(app=seen.title, target=order.target or "")
    fields = (
        ("App", seen.title),
        *(stop_fields(seen, stops) if stops else ()),
        ("Program", command[0]),
        ("Arguments", json.dumps(command[1:], ensure_ascii=False)),
        ("Folder", launch_spec.folder),
        *((f"Variable {name}", value) for name, value in seen.entry.env.items()),
        *(target_fields(target) if target else ()),
    )
    return Plan(seen, order.action, Effect(sentence, fields), tuple(stops), command, order.target)


def plan_nothing(seen: AppState, action: Action, why: str) -> Plan:
    """Plan nothing."""
    effect = Effect(wording.UNCHANGED.fill(app=seen.title, reason=why), (("App", seen.title), *process_fields(seen.running())))
    return Plan(seen, action, effect, nothing=f"{seen.title} {why.removeprefix('it ')}.")


def find_stoppable(seen: AppState) -> dict[Process, str]:
    """Find the processes that may be ended. Raises Conflict if the person started them."""
    reachable = seen.reachable()
    if not reachable:
        raise Conflict(f"{seen.title} is running, but Deskhand did not start it, so it is left alone.")
    return reachable


def stop_fields(seen: AppState, stops: dict[Process, str]) -> tuple[tuple[str, str], ...]:
    """Fields of the Effect for the processes to end."""
    stop = seen.entry.stop
    graceful = stop.method == "graceful" and stop.timeout_s > 0
    how = f"asked to go, and ended after {stop.timeout_s:g} seconds" if graceful else "ended at once"
    return (*process_fields(stops), ("Ends", f"{how}, with all that it has started"))


def process_fields(processes: dict[Process, str]) -> tuple[tuple[str, str], ...]:
    """Fields of the Effect for processes."""
    return tuple(("Process", f"{process.pid}, since {since}") for process, since in processes.items())


def find_preset(name: str | None, entry: Entry) -> tuple[str, ...]:
    """The arguments of a preset. InvalidInput: there is none of this name."""
    if name is None:
        return ()
    arguments = entry.presets.get(name.strip().lower())
    if arguments is None:
        choices = ", ".join(sorted(entry.presets)) or "none"
        raise InvalidInput(f"This app has no such preset. It has: {choices}.")
    return tuple(arguments)


def find_target(order: Order, entry: Entry, machine: Machine) -> Target | None:
    """Check the target to open. Raises InvalidInput for open without a target."""
    if order.action is not Action.open:
        return None
    if order.target is None:
        raise InvalidInput("Say in target which file or address to open.")
    return check_target(order.target, entry.open, machine.expand)


def target_fields(target: Target) -> tuple[tuple[str, str], ...]:
    """Fields of the Effect for the target: a file with the hash of its content."""
    if target.file is None or not target.file.is_file():
        return (("Target", target.value),)
    try:
        status = target.file.stat()
        if status.st_size <= HASHED:
            known_by = ("SHA-256", hash_file(target.file))
        else:
            known_by = ("Changed", datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds"))
    except OSError as error:
        raise Conflict(f"This file cannot be read ({error.strerror}).") from error
    return (("Target", target.value), ("Size", f"{status.st_size} bytes"), known_by)
