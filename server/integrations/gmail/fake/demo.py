"""The demo's mail: the .eml files in `mailbox/`, made to look as if they had come in lately.

A file says in headers of its own, which are taken out, how the mail lies in the mailbox:

    X-Demo-Age: 2d 4h                   how long ago it came: w, d, h, m; the Date header is made from it
    X-Demo-Labels: INBOX, UNREAD        system labels, or names of labels, which are then made; DRAFT makes a draft
    X-Demo-Account: sam@example.org     whose it is; the first account's without it
    X-Demo-Date: none                   leaves the Date header out

and `@{+3d %A, %d %B}` in it stands for a moment three days from now.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from server.integrations.gmail.fake.google import Account
from server.integrations.gmail.fake.mailbox import Mailbox
from server.integrations.gmail.fake.wire import normalise, read_each, with_headers, without_header

ACCOUNTS = (
    Account("alex@example.com", "Alex Morgan", ("hello@harbour-studio.example",)),
    Account("alex.morgan@example.org", "Alex Morgan (Harbour Studio)"),
)
FOLDER = Path(__file__).with_name("demo_mailbox")
_OWN_HEADERS = ("X-Demo-Age", "X-Demo-Labels", "X-Demo-Account", "X-Demo-Date")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_MOMENT = re.compile(rb"@\{([+-]?)((?:\d+[wdhm])+) ([^}]+)\}")


@dataclass(frozen=True)
class DemoMail:
    """A mail of the demo. `name` is its file's."""

    name: str
    account: str
    raw: bytes
    received: datetime
    labels: tuple[str, ...]


def read_demo_mails(folder: Path, now: datetime, first_account: str) -> list[DemoMail]:
    """Read the mails of a folder, oldest first."""
    mails = [read_demo_mail(path.stem, path.read_bytes(), now, first_account) for path in sorted(folder.glob("*.eml"))]
    return sorted(mails, key=lambda mail: mail.received)


def read_demo_mail(name: str, raw: bytes, now: datetime, first_account: str) -> DemoMail:
    """Read one mail of the demo."""
    raw = _fill_moments(normalise(raw), now)
    headers = read_each(raw, _OWN_HEADERS)
    for header in headers:
        raw = without_header(raw, header)
    received = now - read_span(headers["X-Demo-Age"] or "1d")
    if headers["X-Demo-Date"] != "none":
        raw = with_headers(raw, [("Date", format_datetime(received))])
    labels = tuple(label.strip() for label in headers["X-Demo-Labels"].split(",") if label.strip())
    return DemoMail(name, headers["X-Demo-Account"] or first_account, raw, received, labels)


def fill_mailboxes(mailboxes: dict[str, Mailbox], mails: Iterable[DemoMail]) -> None:
    """Put mails into the mailboxes, each into the thread that it answers."""
    for mail in mails:
        mailbox = mailboxes[mail.account]
        labels = {mailbox.labels.named(name) for name in mail.labels}
        stored = mailbox.add(
            mail.raw,
            labels,
            thread_id=mailbox.place_arrival(mail.raw),
            received=int(mail.received.timestamp() * 1000),
            seed=f"{mail.account}/{mail.name}",
        )
        if "DRAFT" in labels:
            mailbox.keep_draft(stored, f"r-{int(stored.id, 16)}")


def read_span(text: str) -> timedelta:
    """Read a span such as `2d 4h`."""
    return timedelta(**{_UNITS[unit]: int(count) for count, unit in re.findall(r"(\d+)\s*([wdhm])", text)})


def _fill_moments(raw: bytes, now: datetime) -> bytes:
    def fill(match: re.Match[bytes]) -> bytes:
        span = read_span(match[2].decode())
        moment = now - span if match[1] == b"-" else now + span
        return moment.strftime(match[3].decode()).encode()

    return _MOMENT.sub(fill, raw)
