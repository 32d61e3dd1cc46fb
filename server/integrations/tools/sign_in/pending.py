"""Pending sign-in: the page that the person visits, and the answer that their browser brings back."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from server.core.errors import Forbidden, InvalidInput, UpstreamFailed
from server.core.hosts import is_this_computer

NAMES = {"state", "code", "iss", "error"}
UNREADABLE = "This answer to a sign-in cannot be read. Start the sign-in again in Deskhand's window."
LONGEST_PAGE = 16_384  # characters of an address
NOT_OPENED = "it wants to open a page whose address is not https, which Deskhand does not do."
UNUSABLE = "the address of its page for signing in cannot be used."
DENIED = "it was denied by you or by the server. You can try again."


@dataclass(frozen=True)
class Answer:
    """Parameters of the redirect back (RFC 6749, RFC 9207)."""

    state: str
    code: str = field(default="", repr=False)
    issuer: str | None = None
    error: str = ""


def read_answer(parameters: Iterable[tuple[str, str]]) -> Answer:
    """Read the parameters. Raises InvalidInput if one of them is there twice (RFC 6749 §3.1)."""
    pairs = [(name, value) for name, value in parameters if name in NAMES]
    values = dict(pairs)
    if len(values) < len(pairs):
        raise InvalidInput(UNREADABLE)
    return Answer(values.get("state", ""), values.get("code", ""), values.get("iss"), values.get("error", ""))


class Pending:
    """One sign-in. `redirect_uri`: where the browser is sent back to. `page`: done when the person can visit it, or with ""."""

    def __init__(self, title: str, redirect_uri: str) -> None:
        self.title, self.redirect_uri = title, redirect_uri
        loop = asyncio.get_running_loop()
        self.page: asyncio.Future[str] = loop.create_future()
        self.answer: asyncio.Future[Answer] = loop.create_future()
        self.state = ""

    async def open(self, address: str) -> None:
        """Offer the page to the person. Raises UpstreamFailed for an address that no browser should open."""
        endpoint, _, parameters = address.rpartition("?")
        if "?" in endpoint:  # the SDK overlooks that an endpoint may have a query (RFC 6749 §3.1)
            address = f"{endpoint}&{parameters}"
        if not is_page(address):
            raise UpstreamFailed(NOT_OPENED)
        states = parse_qs(urlsplit(address).query).get("state")
        if not states:  # such as behind a fragment
            raise UpstreamFailed(UNUSABLE)
        self.state = states[-1]
        if not self.page.done():
            self.page.set_result(address)

    async def wait(self) -> Answer:
        """Wait for the browser. Raises Forbidden if the person was denied."""
        answer = await self.answer
        if answer.error or not answer.code:
            raise Forbidden(DENIED)
        return answer


def is_page(address: str) -> bool:
    """Return whether an address is a page that may be opened in the person's browser: https, or http on this computer."""
    if len(address) > LONGEST_PAGE or not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.username is None and parts.password is None and parts.port != 0
    except ValueError:
        return False
    return named and (parts.scheme == "https" or (parts.scheme == "http" and is_this_computer(parts.hostname or "")))
