"""Delivery of the fake Gmail: missing headers are added, and the fake's own accounts receive the mail."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime, formataddr

from server.integrations.gmail.fake.google import Account, TimeSource
from server.integrations.gmail.fake.mail import Mail
from server.integrations.gmail.fake.mailbox import Mailbox
from server.integrations.gmail.fake.recipients import read_recipients
from server.integrations.gmail.fake.wire import has_header, normalise, read_header, with_headers, without_header


@dataclass(frozen=True)
class Post:
    """Carries mails between the mailboxes, which it knows by address."""

    mailboxes: Mapping[str, Mailbox]
    clock: TimeSource

    def complete(self, raw: bytes, account: Account) -> bytes:
        """Answer the mail with the headers that Gmail adds to one of its users' own."""
        raw = self._as_sender(normalise(raw), account)
        missing = {
            "Date": format_datetime(self.clock.now()),
            "Message-ID": f"<CA{secrets.token_urlsafe(32)}@mail.example.com>",
            "MIME-Version": "1.0",
        }
        return with_headers(raw, [(name, value) for name, value in missing.items() if not has_header(raw, name)])

    def send(self, mailbox: Mailbox, raw: bytes, thread_id: str = "") -> Mail:
        """Send a mail, and answer the copy that the sender keeps."""
        raw = self.complete(raw, mailbox.account)
        owners = {name: address for address, owned in self.mailboxes.items() for name in (address, *owned.account.aliases)}
        parts = (address.casefold().rpartition("@") for address in read_recipients(raw))
        reached = {owners.get(f"{name.partition('+')[0]}@{host}", "") for name, _, host in parts} - {""}
        sender = mailbox.account.address
        labels = {"SENT", "INBOX", "UNREAD"} if sender in reached else {"SENT"}
        sent = mailbox.add(raw, labels, thread_id=mailbox.place_answer(raw, thread_id))
        for address in sorted(reached - {sender}):
            self.deliver(raw, address)
        return sent

    def deliver(self, raw: bytes, address: str) -> Mail:
        """Put a mail into an account's inbox."""
        mailbox = self.mailboxes[address]
        moment = format_datetime(self.clock.now())
        trace = [("Delivered-To", address), ("Received", f"by mail.example.com with SMTP; {moment}")]
        raw = with_headers(without_header(raw, "Bcc"), trace)
        return mailbox.add(raw, {"INBOX", "UNREAD", "CATEGORY_PERSONAL"}, thread_id=mailbox.place_arrival(raw))

    def _as_sender(self, raw: bytes, account: Account) -> bytes:
        written = read_header(raw, "From")
        named, _, address = written.removesuffix(">").rpartition("<")
        named, address = named.strip(' "'), address.strip()
        if address.casefold() in {account.address, *account.aliases}:
            return raw
        added = [("From", formataddr((named or account.name, account.address)))]
        if address:  # nobody sends under another's address
            added.append(("X-Google-Original-From", written))
        return with_headers(without_header(raw, "From"), added)
