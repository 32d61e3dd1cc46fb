"""Observed effects, from outside of Deskhand: mails that left the mailbox, programs that run."""

from dataclasses import dataclass

import psutil

from server.integrations.gmail.fake.recipients import find_addresses, read_raw_headers
from tests.checks.conftest import Process, SignedIn

RECIPIENTS = ("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc", "Apparently-To")


@dataclass
class Outside:
    """The mailbox at the stand-in for Google, and this computer."""

    signed_in: SignedIn
    server: Process

    def __post_init__(self) -> None:
        self._before = self._sent()
        self._ours = set(self._children())

    def reached(self) -> list[str]:
        """Everybody whom a mail has gone to since the beginning, as often as it has."""
        sent = self._sent()
        return sorted(address for mail_id, raw in sent.items() if mail_id not in self._before for address in read_people(raw))

    def started(self) -> list[list[str]]:
        """The command lines of the programs that were started since the beginning and run still."""
        return [line for pid, line in self._children().items() if pid not in self._ours]

    def count_mails(self) -> tuple[int, int]:
        """How many mails and drafts there are, whatever was done to them."""
        with self.signed_in.google.lock:
            boxes = self.signed_in.google.mailboxes.values()
            return sum(len(box.mails) for box in boxes), sum(len(box.drafts) for box in boxes)

    def history(self) -> int:
        """Count the requests that may have changed a mailbox."""
        with self.signed_in.google.lock:
            return sum(call.method != "GET" and "/gmail/" in call.path for call in self.signed_in.google.calls)

    def _sent(self) -> dict[str, bytes]:
        with self.signed_in.google.lock:
            boxes = self.signed_in.google.mailboxes.values()
            return {mail.id: mail.raw for box in boxes for mail in box.mails.values() if "SENT" in mail.labels}

    def _children(self) -> dict[int, list[str]]:
        children = {}
        for child in psutil.Process(self.server.process.pid).children(recursive=True):
            try:
                children[child.pid] = child.cmdline()
            except psutil.Error:  # it has just ended
                continue
        return children


def read_people(raw: bytes) -> list[str]:
    """Everybody whom a mail names as a recipient."""
    values = [value for name in RECIPIENTS for value in read_raw_headers(raw, name)]
    return [address.lower() for value in values for address in find_addresses(value)]
