"""Questions of a server (elicitation): handed to the person while one of its tools is called, else declined."""

from collections.abc import Awaitable
from typing import Any, TypeVar

import mcp_types as types
from mcp.shared.exceptions import MCPError

from server.core.invisible import remove_hidden
from server.integrations.tools.adapter.errors import list_leaves
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Answer, Ask, Question

LONGEST_MESSAGE = 2_000  # characters
LONGEST_SOURCE = 20_000  # of one that are read
SHOWN = 500  # in the log
OUTSIDE_CALL = "It asked while none of its tools was called."
UNHEARD = "Nobody can answer it here."
T = TypeVar("T")


class Elicitation:
    """Questions of one session. `calls`: of its tools that run. `refusals`: why questions were not answered, latest last."""

    def __init__(self, ask: Ask | None, log: UpstreamLog) -> None:
        self._ask, self._log = ask, log
        self.calls = 0
        self.refusals: list[str] = []

    async def answer(self, context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        """Answer a question."""
        del context
        answer = await self.put(read_question(params))
        content = dict(answer.content) if answer.content is not None else None
        return types.ElicitResult(action=answer.action, content=content)

    async def put(self, question: Question) -> Answer:
        """Put a question to the person; note why it is not answered."""
        if not self.calls:
            answer = Answer(action="decline", sentence=OUTSIDE_CALL)
        elif self._ask is None:
            answer = Answer(action="decline", sentence=UNHEARD)
        else:
            answer = await self._ask(question)
        if answer.action != "accept":
            self.refusals.append(answer.sentence)
            del self.refusals[:-10]
            self._log.add(f"It asked: {question.message[:SHOWN]} {answer.sentence}")
        return answer

    async def during(self, request: Awaitable[T]) -> T:
        """Await a call, during which the server may ask."""
        self.calls += 1
        try:
            return await request
        finally:
            self.calls -= 1


def read_question(params: types.ElicitRequestParams) -> Question:
    """Read a question, without hidden characters."""
    message = clean(params.message)
    if isinstance(params, types.ElicitRequestURLParams):
        return Question(message=message, url=params.url)
    return Question(message=message, form=params.requested_schema)


def clean(message: str) -> str:
    return remove_hidden(message[:LONGEST_SOURCE])[:LONGEST_MESSAGE].strip()


def list_pages_to_visit(error: BaseException | None) -> list[Question]:
    """List the page that must be visited before a call can succeed, if its error says so; further ones are asked about later."""
    leaf = next(list_leaves(error), None) if error else None
    if not isinstance(leaf, MCPError) or leaf.code != types.URL_ELICITATION_REQUIRED or not isinstance(leaf.data, dict):
        return []
    pages = leaf.data.get("elicitations")
    return [
        Question(message=clean(str(page.get("message", ""))), url=str(page["url"]))
        for page in (pages if isinstance(pages, list) else [])[:1]
        if isinstance(page, dict) and "url" in page
    ]
