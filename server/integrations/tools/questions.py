"""Questions of MCP servers to the person, among the approval requests. One that nobody answers in time is cancelled."""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from server.core.errors import InvalidInput, NotFound, Unavailable
from server.core.hosts import is_loopback
from server.core.invisible import show_line
from server.integrations.tools.forms import read_form, read_values
from server.integrations.tools.models import Answer, Question
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, FormField, FormValues, Kind
from server.sdk.context import Context

PREFIX = "question"
SECONDS = 300.0  # for the person to answer
MOST_PENDING = 3  # of one server
LONGEST_URL = 2_000
LATE = f"Nobody answered within {SECONDS / 60:g} minutes."
DENIED = "The person declined."
MANY = "It asks too much at once."
UNSAFE = "It asked for a page that Deskhand does not open."


@dataclass
class Pending:
    """A question that waits. `fields`: of its form."""

    request: ApprovalRequest
    server_id: str
    question: Question
    fields: tuple[FormField, ...] = ()
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Questions:
    """The questions of all servers."""

    prefix = PREFIX

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pending: dict[str, Pending] = {}

    async def ask(self, server_id: str, title: str, question: Question) -> Answer:
        """Put a question to the person, and wait for their answer."""
        if sum(pending.server_id == server_id for pending in self._pending.values()) >= MOST_PENDING:
            return Answer(action="decline", sentence=MANY)
        try:
            pending = self._make(server_id, title, question)
        except InvalidInput as error:
            return Answer(action="decline", sentence=error.detail)
        self._pending[pending.request.id] = pending
        self._context.approval_requests.notify(pending.request)
        try:
            async with asyncio.timeout(SECONDS):
                return await pending.answer
        except TimeoutError:
            return Answer(action="cancel", sentence=LATE)
        finally:
            self._pending.pop(pending.request.id, None)
            self._context.approval_requests.publish_change()

    def _make(self, server_id: str, title: str, question: Question) -> Pending:
        """Make the request. Raises InvalidInput if it cannot be shown."""
        now = self._context.clock.now()
        fields, form, sentence = [("Message", question.message or "(none)")], tuple[FormField, ...](), "ask you something"
        if question.url:
            fields += [("Host", check_url(question.url)), ("Page", question.url)]
            sentence = "open a page in your browser"
        else:
            form = read_form(question.form or {})
        request = ApprovalRequest(
            id=f"{PREFIX}-{secrets.token_hex(6)}",
            kind=Kind.question,
            client=title,
            sentence=sentence,
            asked_at=now.isoformat(),
            expires_at=(now + timedelta(seconds=SECONDS)).isoformat(),
            fields=(*fields, ("Sent to", f"The MCP server “{title}” gets your answer.")),
            form=form,
        )
        return Pending(request, server_id, question, form)

    async def list_requests(self) -> list[ApprovalRequest]:
        """List the questions that wait."""
        return [pending.request for pending in self._pending.values()]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        """Answer without values. Raises InvalidInput for anything but a plain yes."""
        if extent is not ApprovalDuration.once or code:
            raise InvalidInput("This is a question. Answer it once.")
        return await self.submit(question_id, {})

    async def submit(self, question_id: str, values: FormValues) -> str:
        """Answer with values, or open the page. Raises NotFound, or InvalidInput if they do not fit."""
        pending = self._find(question_id)
        title = pending.request.client
        if pending.question.url:
            pending.answer.set_result(Answer(action="accept"))
            try:
                await asyncio.to_thread(self._context.screen.open_address, pending.question.url)
            except Unavailable:
                return f"Open this page yourself: {pending.question.url}"
            return f"The page of “{title}” opens in your browser."
        content = await asyncio.to_thread(read_values, pending.question.form or {}, pending.fields, values)
        if not pending.answer.done():
            pending.answer.set_result(Answer(action="accept", content=content))
        return f"“{title}” has your answer and goes on."

    async def deny(self, question_id: str, reason: str) -> str:  # noqa: ARG002, a server is told no reason
        """Decline to answer. Raises NotFound."""
        pending = self._find(question_id)
        pending.answer.set_result(Answer(action="decline", sentence=DENIED))
        return f"Declined. “{pending.request.client}” will know that you did not answer."

    def _find(self, question_id: str) -> Pending:
        pending = self._pending.get(question_id)
        if pending is None or pending.answer.done():
            raise NotFound("This question is no longer pending.")
        return pending


def check_url(url: str) -> str:
    """Return the host of a page that may be opened. Raises InvalidInput for one that may not."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_own = host == "localhost" or is_loopback(host)  # where servers may have pages of their own
        secure = parts.scheme == "https" or (parts.scheme == "http" and is_own)
        valid = bool(host) and secure and parts.username is None and parts.password is None and parts.port != 0
    except ValueError:
        valid, host = False, ""
    if (
        not valid
        or len(url) > LONGEST_URL
        or not url.isascii()
        or show_line(url) != url
        or any(char in url for char in ' "<>\\^`{|}')
    ):
        raise InvalidInput(UNSAFE)
    return host
