"""The tray's menu as a pure function of the status. An item is present only while it works."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from desktop.tray.icon import StatusLevel
from desktop.tray.status import Status
from server.core.invisible import show_line

LONGEST = 60  # characters of an item
INDEFINITE = timedelta(days=3650)  # a longer pause has no end
MARKS = {StatusLevel.off: "○", StatusLevel.local: "◐", StatusLevel.online: "●", StatusLevel.attention: "◌"}
WORDS = {
    StatusLevel.off: "Off",
    StatusLevel.local: "Running (local only)",
    StatusLevel.online: "Online",
    StatusLevel.attention: "Action needed",
}
CLOSED, OPEN = {"off", "failed"}, {"opening", "open", "reconnecting"}


class MenuAction(StrEnum):
    """Actions of the tray's menu."""

    open = "open"
    show_approvals = "show approvals"
    copy = "copy"
    open_tunnel = "open tunnel"
    close_tunnel = "close tunnel"
    pause_quarter = "pause for 15 minutes"
    pause_hour = "pause for an hour"
    pause = "pause"
    resume = "resume"
    show_activity = "show activity"
    show_update = "show update"
    open_logs = "open logs"
    start_at_login = "start at login"
    no_start_at_login = "do not start at login"
    quit = "quit"


@dataclass(frozen=True)
class MenuItem:
    """A menu item; a label without `action` and `below`, a separator without `text`."""

    text: str = ""
    action: MenuAction | None = None
    checked: bool | None = None
    default: bool = False
    below: tuple["MenuItem", ...] = ()

    @property
    def enabled(self) -> bool:
        """Return whether the item can be chosen."""
        return self.action is not None or bool(self.below)


SEPARATOR = MenuItem()


def menu(status: Status, now: datetime | None = None) -> list[MenuItem]:
    """Build the menu items, from top to bottom."""
    now = now or datetime.now(UTC)
    groups = (
        status_items(status, now),
        connection_items(status),
        activity_items(status),
        program_items(status),
        [MenuItem("Quit Deskhand", MenuAction.quit)],
    )
    lines = [line for group in map(list, groups) if group for line in (*group, SEPARATOR)]
    return lines[:-1]


def status_items(status: Status, now: datetime) -> Iterator[MenuItem]:
    """Status items: pending approvals first."""
    level = status.level
    if status.serving and status.waiting:
        waits = "1 request needs approval…" if status.waiting == 1 else f"{status.waiting} requests need approval…"
        yield MenuItem(waits, MenuAction.show_approvals, default=True)
        if not status.problem:  # else the problem decides
            level = StatusLevel.online if status.address else StatusLevel.local
    place = f" · {status.address}" if status.address and level is StatusLevel.online else ""
    yield MenuItem(shorten(f"{MARKS[level]} {WORDS[level]}{place}" if status.serving else status.sentence))
    if level is StatusLevel.attention:
        yield MenuItem(shorten(status.sentence))
    if status.demo:
        yield MenuItem("Demo mode")
    if status.paused_until:
        yield MenuItem(describe_pause(status.paused_until, now))
    if status.serving:
        yield from (MenuItem(shorten(line)) for line in status.lines)


def describe_pause(until: datetime, now: datetime) -> str:
    """Describe the end of a pause."""
    if until - now > INDEFINITE:
        return "Paused until you resume"
    local = until.astimezone()
    return f"Paused until {local:%H:%M}" if until - now < timedelta(hours=20) else f"Paused until {local:%Y-%m-%d %H:%M}"


def connection_items(status: Status) -> Iterator[MenuItem]:
    """Items for the window, the public address and the tunnel."""
    if not status.serving:
        return
    yield MenuItem("Open Deskhand", MenuAction.open, default=not status.waiting)
    if status.address and status.can_copy:
        yield MenuItem("Copy new public address" if status.address_is_new else "Copy public address", MenuAction.copy)
    if status.tunnel in CLOSED | OPEN:
        is_on = status.tunnel in OPEN
        yield MenuItem("Tunnel", MenuAction.close_tunnel if is_on else MenuAction.open_tunnel, checked=is_on)


def activity_items(status: Status) -> Iterator[MenuItem]:
    """Items for pausing and recent activity."""
    if not status.serving:
        return
    if status.paused_until:
        yield MenuItem("Resume", MenuAction.resume)
    else:
        pauses = (
            MenuItem("For 15 minutes", MenuAction.pause_quarter),
            MenuItem("For 1 hour", MenuAction.pause_hour),
            MenuItem("Until I resume", MenuAction.pause),
        )
        yield MenuItem("Pause", below=pauses)
    if status.recent:
        yield MenuItem(
            "Recent activity", below=tuple(MenuItem(shorten(text), MenuAction.show_activity) for text in status.recent)
        )


def program_items(status: Status) -> Iterator[MenuItem]:
    """Items for updates, logs and start at login."""
    if not status.serving:
        return
    if status.update:
        yield MenuItem(f"Update available: {status.update}", MenuAction.show_update)
    yield MenuItem("Open logs", MenuAction.open_logs)
    if status.starts_at_login is not None:
        action = MenuAction.no_start_at_login if status.starts_at_login else MenuAction.start_at_login
        yield MenuItem("Start at login", action, checked=status.starts_at_login)


def shorten(text: str) -> str:
    """Shorten a text to one line of a menu."""
    line = show_line(text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
