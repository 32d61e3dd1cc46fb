"""Responses about apps and their ends, without paths and arguments."""

import signal
from collections.abc import Sequence
from datetime import datetime

from server.integrations.apps.models import Action, App, AppList, AppStatus, LastEnd, Outcome
from server.integrations.apps.plan import AppState, Plan, describe_time
from server.system.processes import Process

LARGEST_LIST = 80_000  # characters, below the 90,000 that any answer may have


def to_app_list(every: Sequence[AppState]) -> AppList:
    """The apps by name, as many as fit into one answer."""
    apps: list[App] = []
    size = 0
    for seen in sorted(every, key=lambda state: state.name):
        app = show(seen)
        size += len(app.model_dump_json())
        if size > LARGEST_LIST:
            message = f"The first {len(apps)} of {len(every)} apps on the list. Ask for others by their name."
            return AppList(apps=apps, message=message, truncated=True)
        apps.append(app)
    there = sum(app.available for app in apps)
    return AppList(
        apps=apps, message=f"{len(apps)} on the list, {there} of them installed here." if apps else "No app is on the list."
    )


def show(seen: AppState) -> App:
    """One app on the list."""
    entry, launch_spec, running = seen.entry, seen.launch_spec, seen.running()
    return App(
        name=seen.name,
        title=seen.title,
        type=launch_spec.kind if launch_spec else entry.type or "executable",
        available=launch_spec is not None,
        running=bool(running),
        since=next(iter(running.values()), None),
        actions=entry.actions(),
        aliases=entry.aliases,
        presets=sorted(entry.presets),
    )


def to_app_status(seen: AppState, ended: LastEnd | None, now: datetime) -> AppStatus:
    """One app in full."""
    app, running = show(seen), seen.running()
    first = next(iter(running), None)
    return AppStatus(
        **app.model_dump(),
        pid=first.pid if first else None,
        uptime_seconds=max(0, int(now.timestamp() - first.started)) if first else None,
        started_by_deskhand=bool(seen.ours),
        processes=len(running),
        ended=ended,
        message=describe(seen, app),
    )


def describe(seen: AppState, app: App) -> str:
    """Status of an app as a sentence."""
    if app.running:
        by = "" if seen.ours else " Deskhand did not start it."
        return f"{app.title} has been running since {app.since}.{by}"
    return f"{app.title} is not running." if app.available else f"{app.title} is not installed on this computer."


def to_outcome(plan: Plan, message: str, process: Process | None = None, *, success: bool = True) -> Outcome:
    """The answer to an order. `process`: the one that runs now."""
    since = plan.seen.running().get(process, describe_time(process)) if process else None
    pid = process.pid if process else None
    return Outcome(success=success, message=message, app_name=plan.seen.name, action=plan.action, pid=pid, since=since)


def describe_action(plan: Plan) -> str:
    """List the presets of an app for an error message."""
    done = {Action.start: "been started", Action.restart: "been restarted"}
    return done.get(plan.action, f"opened {plan.target}")


def report_stop(seen: AppState, killed: int, *, others: bool) -> str:
    """Result of a stop in one or two sentences."""
    force = " It did not go when it was asked, so it was ended." if killed and seen.entry.stop.method == "graceful" else ""
    rest = " What Deskhand did not start runs on." if others else ""
    return f"{seen.title} has been stopped.{force}{rest}"


def describe_exit(code: int) -> str:
    """Describe an exit code in a sentence."""
    if code == 0:
        return "It ended by itself."
    if code > 0:
        return f"It ended with code {code}."
    try:
        return f"It was ended by the signal {signal.Signals(-code).name}."
    except ValueError:
        return f"It was ended by the signal {-code}."
