"""The tray's menu as a pure function of how Deskhand is. A line is there only while what it stands for works."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from desktop.tray.icon import Look
from desktop.tray.status import Status

LONGEST = 60  # letters in a line
FOR_EVER = timedelta(days=3650)  # a pause of that length was asked for without an end
MARKS = {Look.off: "○", Look.local: "◐", Look.online: "●", Look.attention: "◌"}
WORDS = {Look.off: "Off", Look.local: "On, on this computer only", Look.online: "Online", Look.attention: "Needs you"}
CLOSED, OPEN = {"off", "failed"}, {"opening", "open", "reconnecting"}


class Wish(StrEnum):
    """What a person can ask of the tray."""

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
class Line:
    """A line. Without a wish and without lines below it only says something; without a text it parts others."""

    text: str = ""
    wish: Wish | None = None
    checked: bool | None = None
    default: bool = False
    below: tuple["Line", ...] = ()

    @property
    def enabled(self) -> bool:
        """Whether it can be chosen."""
        return self.wish is not None or bool(self.below)


PARTING = Line()


def menu(status: Status, now: datetime | None = None) -> list[Line]:
    """Make the menu's lines, from top to bottom."""
    now = now or datetime.now(UTC)
    groups = (tell(status, now), reach(status), act(status), look_after(status), [Line("Quit Deskhand", Wish.quit)])
    lines = [line for group in map(list, groups) if group for line in (*group, PARTING)]
    return lines[:-1]


def tell(status: Status, now: datetime) -> Iterator[Line]:
    """Say how it is: first what waits for the person's word."""
    look = status.look
    if status.serving and status.waiting:
        waits = "1 waits for you…" if status.waiting == 1 else f"{status.waiting} wait for you…"
        yield Line(waits, Wish.show_approvals, default=True)
        if not status.problem:  # then nothing else is to be told of it than where it is reached
            look = Look.online if status.address else Look.local
    place = f" · {status.address}" if status.address and look is Look.online else ""
    yield Line(shorten(f"{MARKS[look]} {WORDS[look]}{place}" if status.serving else status.sentence))
    if look is Look.attention:
        yield Line(shorten(status.sentence))
    if status.demo:
        yield Line("Demo: made-up accounts")
    if status.paused_until:
        yield Line(tell_pause(status.paused_until, now))


def tell_pause(until: datetime, now: datetime) -> str:
    """Say until when it is paused."""
    if until - now > FOR_EVER:
        return "Paused until you resume"
    local = until.astimezone()
    return f"Paused until {local:%H:%M}" if until - now < timedelta(hours=20) else f"Paused until {local:%Y-%m-%d %H:%M}"


def reach(status: Status) -> Iterator[Line]:
    """What has to do with being seen and reached."""
    if not status.serving:
        return
    yield Line("Open Deskhand", Wish.open, default=not status.waiting)
    if status.address and status.can_copy:
        yield Line("The address is new: copy it" if status.address_is_new else "Copy public address", Wish.copy)
    if status.tunnel in CLOSED | OPEN:
        is_on = status.tunnel in OPEN
        yield Line("Tunnel", Wish.close_tunnel if is_on else Wish.open_tunnel, checked=is_on)


def act(status: Status) -> Iterator[Line]:
    """What ChatGPT does, and stopping it."""
    if not status.serving:
        return
    if status.paused_until:
        yield Line("Resume actions", Wish.resume)
    else:
        pauses = (
            Line("For 15 minutes", Wish.pause_quarter),
            Line("For 1 hour", Wish.pause_hour),
            Line("Until I resume", Wish.pause),
        )
        yield Line("Pause all actions", below=pauses)
    if status.recent:
        yield Line("Recent activity", below=tuple(Line(shorten(told), Wish.show_activity) for told in status.recent))


def look_after(status: Status) -> Iterator[Line]:
    """What has to do with the program itself."""
    if not status.serving:
        return
    if status.update:
        yield Line(f"Deskhand {status.update} is there", Wish.show_update)
    yield Line("Open logs", Wish.open_logs)
    if status.starts_at_login is not None:
        wish = Wish.no_start_at_login if status.starts_at_login else Wish.start_at_login
        yield Line("Start at login", wish, checked=status.starts_at_login)


def shorten(text: str) -> str:
    """One line that fits a menu."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
