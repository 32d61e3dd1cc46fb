"""What an order comes to, before anything happens: what would be ended, what would be run, and the Effect that says so."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from server.core.errors import Conflict, Forbidden, InvalidInput
from server.integrations.apps.allow_list.entries import Entry
from server.integrations.apps.allow_list.file import title_of
from server.integrations.apps.models import Action, Order
from server.integrations.apps.resolve.launch_spec import Machine, Recipe
from server.integrations.apps.resolve.target import Target, check_target
from server.sdk.operation import Effect
from server.system.files import hash_file
from server.system.processes import Process

HASHED = 64 * 1024 * 1024  # a larger file is shown by its size and its last change


@dataclass(frozen=True)
class Seen:
    """An app as it is now. `ours`: what Deskhand started, with since when; `others`: what the person did."""

    name: str
    entry: Entry
    recipe: Recipe | None
    ours: dict[Process, str] = field(default_factory=dict)
    others: tuple[Process, ...] = ()

    @property
    def title(self) -> str:
        """What people call it."""
        return title_of(self.name, self.entry)

    def running(self) -> dict[Process, str]:
        """All its processes, with since when, oldest first."""
        every = {**self.ours, **{process: say_when(process) for process in self.others}}
        return dict(sorted(every.items(), key=lambda one: one[0].started))

    def reachable(self) -> dict[Process, str]:
        """Those of its processes that may be stopped."""
        return self.ours if self.entry.stop.only_ours else self.running()


@dataclass(frozen=True)
class Plan:
    """What will happen. `nothing`: why there is nothing to do, in a sentence."""

    seen: Seen
    action: Action
    effect: Effect
    stops: tuple[Process, ...] = ()
    command: tuple[str, ...] = ()
    target: str | None = None
    nothing: str | None = None


def say_when(process: Process) -> str:
    """Since when a process runs, ISO 8601 in UTC."""
    return datetime.fromtimestamp(process.started, UTC).isoformat(timespec="seconds")


def make_plan(order: Order, seen: Seen, machine: Machine) -> Plan:
    """Say what an order comes to. Forbidden, Conflict, NotFound, InvalidInput: it comes to nothing, and why. Reads files."""
    allowed = seen.entry.actions()
    if order.action not in allowed:
        told = " and ".join(allowed) or "nothing"
        raise Forbidden(f"{seen.title} may not be told to {order.action}. Its entry allows {told}.")
    if order.action is not Action.open and order.target is not None:
        raise InvalidInput("A target is for open only.")
    if order.action is Action.stop and order.preset is not None:
        raise InvalidInput("A preset is for start, restart and open only.")
    if order.action is Action.stop:
        return plan_stop(seen)
    return plan_run(order, seen, machine)


def plan_stop(seen: Seen) -> Plan:
    """Say which processes would be ended."""
    if not seen.running():
        return idle(seen, Action.stop, "it is not running")
    stops = stoppable(seen)
    return Plan(seen, Action.stop, Effect(f"stop {seen.title}", (("App", seen.title), *stop_fields(seen, stops))), tuple(stops))


def plan_run(order: Order, seen: Seen, machine: Machine) -> Plan:
    """Say what would be run, and for a restart also what would be ended before."""
    recipe = seen.recipe
    if recipe is None:
        raise Conflict(f"{seen.title} is not installed on this computer.")
    running = seen.running()
    if order.action is Action.start and running and seen.entry.single_instance:
        return idle(seen, Action.start, "it is already running")
    stops = stoppable(seen) if order.action is Action.restart and running else {}
    target = find_target(order, seen.entry, machine)
    command = recipe.command(find_preset(order.preset, seen.entry), target.value if target else None)
    sentence = f"{order.action} {seen.title}" if target is None else f"open {order.target} with {seen.title}"
    fields = (
        ("App", seen.title),
        *(stop_fields(seen, stops) if stops else ()),
        ("Program", command[0]),
        ("Arguments", json.dumps(command[1:], ensure_ascii=False)),
        ("Folder", recipe.folder),
        *((f"Variable {name}", value) for name, value in seen.entry.env.items()),
        *(target_fields(target) if target else ()),
    )
    return Plan(seen, order.action, Effect(sentence, fields), tuple(stops), command, order.target)


def idle(seen: Seen, action: Action, why: str) -> Plan:
    """Say that there is nothing to do."""
    effect = Effect(f"leave {seen.title} as it is, for {why}", (("App", seen.title), *process_fields(seen.running())))
    return Plan(seen, action, effect, nothing=f"{seen.title} {why.removeprefix('it ')}.")


def stoppable(seen: Seen) -> dict[Process, str]:
    """Which processes may be ended. Conflict: it runs, but it was the person who started it."""
    found = seen.reachable()
    if not found:
        raise Conflict(f"{seen.title} is running, but Deskhand did not start it, so it is left alone.")
    return found


def stop_fields(seen: Seen, stops: dict[Process, str]) -> tuple[tuple[str, str], ...]:
    """What would be ended, and how."""
    stop = seen.entry.stop
    asked = stop.method == "graceful" and stop.timeout_s > 0
    how = f"asked to go, and ended after {stop.timeout_s:g} seconds" if asked else "ended at once"
    return (*process_fields(stops), ("Ends", f"{how}, with all that it has started"))


def process_fields(processes: dict[Process, str]) -> tuple[tuple[str, str], ...]:
    """The processes as the person is shown them."""
    return tuple(("Process", f"{process.pid}, since {since}") for process, since in processes.items())


def find_preset(name: str | None, entry: Entry) -> tuple[str, ...]:
    """The arguments of a preset. InvalidInput: there is none of this name."""
    if name is None:
        return ()
    arguments = entry.presets.get(name.strip().lower())
    if arguments is None:
        told = ", ".join(sorted(entry.presets)) or "none"
        raise InvalidInput(f"This app has no such preset. It has: {told}.")
    return tuple(arguments)


def find_target(order: Order, entry: Entry, machine: Machine) -> Target | None:
    """What is to be opened, checked. InvalidInput: open without a target."""
    if order.action is not Action.open:
        return None
    if order.target is None:
        raise InvalidInput("Say in target which file or address to open.")
    return check_target(order.target, entry.open, machine.expand)


def target_fields(target: Target) -> tuple[tuple[str, str], ...]:
    """What is opened, as the person is shown it: a file with its content's hash, so that another one is not meant."""
    if target.file is None or not target.file.is_file():
        return (("Target", target.value),)
    try:
        status = target.file.stat()
        known_by = fingerprint(target.file, status.st_size, status.st_mtime)
    except OSError as error:
        raise Conflict(f"This file cannot be read ({error.strerror}).") from error
    return (("Target", target.value), ("Size", f"{status.st_size} bytes"), known_by)


def fingerprint(file: Path, size: int, changed: float) -> tuple[str, str]:
    """By what a file is known again."""
    if size <= HASHED:
        return ("SHA-256", hash_file(file))
    return ("Changed", datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds"))
