"""A person's own addresses: those the account may send as, their plus and dot forms, and the one a mail was delivered to.

https://developers.google.com/workspace/gmail/api/guides/alias_and_signature_settings
"""

from dataclasses import dataclass
from typing import Any

from server.core.errors import Forbidden, InvalidInput, NotFound
from server.integrations.gmail.accounts.session import Session
from server.integrations.gmail.mime.addresses import parse_addresses
from server.integrations.gmail.mime.message import LONGEST_ENTRY, Headers

_GMAIL = {"gmail.com", "googlemail.com"}  # one mailbox, whose address may have dots anywhere


@dataclass(frozen=True)
class OwnAddresses:
    """Own addresses of an account. `send_as`: from which Gmail sends. `aliases`: which are the person's alone, too."""

    account: str
    send_as: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def include(self, address: str, headers: Headers | None = None) -> bool:
        """Check whether an address is the person's own. `headers`: of a mail that was delivered to one, too."""
        own = {fold(known) for known in (self.account, *self.aliases, *(find_delivered(headers) if headers else ()))}
        return bool(own & {fold(address), fold(remove_tag(address))})

    def choose_sender(self, headers: Headers, *names: str) -> str:
        """Choose the address to answer from: the first in these headers from which Gmail sends, or the account's own."""
        senders = {fold(address): address for address in (*self.send_as, self.account)}
        for entry in headers.addresses(*names):
            for address in (entry.address, remove_tag(entry.address)):
                if fold(address) in senders:
                    return senders[fold(address)]
        return self.account


async def read_own_addresses(session: Session) -> OwnAddresses:
    """Read from which addresses an account sends; it alone where its administrator does not let that be read."""
    try:
        answer = await session.read("settings.sendAs.list")
    except (Forbidden, NotFound, InvalidInput):
        return OwnAddresses(session.address)
    entries = [entry for entry in answer.get("sendAs") or [] if isinstance(entry, dict) and is_verified(entry)]
    return OwnAddresses(
        session.address,
        tuple(entry["sendAsEmail"] for entry in entries),
        # One that is not treated as an alias may be somebody else's, for whom the person sends.
        tuple(entry["sendAsEmail"] for entry in entries if entry.get("treatAsAlias") is not False),
    )


def is_verified(entry: dict[str, Any]) -> bool:
    """Check that the person proved that an address is theirs; those of Google's own domains need no proof."""
    return isinstance(entry.get("sendAsEmail"), str) and entry.get("verificationStatus", "accepted") != "pending"


def find_delivered(headers: Headers) -> list[str]:
    """Find where Gmail delivered a mail. It writes the first Delivered-To; the others come from lists and senders."""
    return [entry.address for entry in parse_addresses(value[:LONGEST_ENTRY] for value in headers.all("Delivered-To")[:1])]


def fold(address: str) -> str:
    """Write an address as all its spellings of case and, for Gmail, dots have it."""
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.replace('.', '')}@gmail.com" if domain in _GMAIL else f"{local}@{domain}"


def remove_tag(address: str) -> str:
    """Remove the tag of an address: alex+shop@example.com is delivered to alex@example.com."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
