"""Failures of a session as errors of ours, with a sentence that names the server."""

from collections.abc import Iterator
from http import HTTPStatus

import httpx2
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, INVALID_PARAMS, METHOD_NOT_FOUND, REQUEST_TIMEOUT
from pydantic import ValidationError

from server.core.errors import DeskhandError, InvalidInput, NotFound, SignInNeeded, Unavailable, UpstreamFailed, UpstreamTimedOut
from server.core.invisible import remove_hidden
from server.integrations.tools.adapter.ending import Ending

LONGEST_MESSAGE = 1_000  # characters of a server's own error
LONGEST_SOURCE = 20_000  # of one that are read
REFUSALS = (401, 403)
GENERIC = "Server returned an error response"  # in place of any HTTP status that the SDK does not know
UNSUPPORTED = frozenset({"Sampling not supported", "List roots not supported", "Elicitation not supported"})  # the SDK's words
# The SDK's words for an answer that did not come, or that cannot be read.
LOST = (
    *("Connection closed", "SSE stream", "Failed to parse", "Unexpected content type", "Request '"),
    "server answered a request with 202",
)
FORGOTTEN = "does not know its session any more, as after a restart"
LATE = "did not answer in time"
KINDS: tuple[tuple[tuple[type[BaseException], ...], type[DeskhandError], str], ...] = (
    ((TimeoutError, httpx2.TimeoutException), UpstreamTimedOut, LATE),
    ((httpx2.ConnectError, OSError), Unavailable, "could not be reached"),
    (
        (ValidationError, RuntimeError, ValueError, TypeError, httpx2.HTTPError, LookupError),
        UpstreamFailed,
        "answered in a way that Deskhand cannot read",
    ),
)
CODES: dict[int, tuple[type[DeskhandError], str]] = {
    REQUEST_TIMEOUT: (UpstreamTimedOut, f"{LATE}."),
    INVALID_PARAMS: (InvalidInput, "refused the arguments: {message}"),
    METHOD_NOT_FOUND: (NotFound, "does not offer that."),
}


def explain(error: BaseException, title: str, ending: Ending) -> DeskhandError:
    """Return the error that a caller sees. Details that may be secret stay in the exception's chain."""
    for leaf in list_leaves(error):
        if isinstance(leaf, DeskhandError):
            return leaf
        if isinstance(leaf, MCPError):
            return explain_answer(leaf, title, ending)
    leaf = next(list_leaves(error), error)
    if ending.sentence and not isinstance(leaf, TimeoutError):
        return UpstreamFailed(f"“{title}” {ending.sentence}.")
    if isinstance(leaf, httpx2.HTTPStatusError):
        return explain_status(leaf.response.status_code, title, ending)
    for kinds, result, sentence in KINDS:
        if isinstance(leaf, kinds):
            return result(f"“{title}” {sentence}.")
    return UpstreamFailed(f"“{title}” failed ({type(leaf).__name__}).")


def is_answered(error: BaseException, ending: Ending) -> bool:
    """Return whether the server itself answered with an error, so that it knows what became of the request."""
    leaf = next(list_leaves(error), error)
    if is_forgotten(leaf, ending):
        return True
    if not isinstance(leaf, MCPError) or leaf.message.startswith(LOST):
        return False
    return leaf.code != REQUEST_TIMEOUT and not (leaf.message == GENERIC and ending.status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def is_forgotten(error: BaseException, ending: Ending) -> bool:
    """Return whether a request was refused because the server does not know its session, as after a restart."""
    if not ending.is_forgotten or not isinstance(error, MCPError) or error.message.startswith(LOST):
        return False
    if error.message == GENERIC:  # the answer says no more than its status
        return ending.status == HTTPStatus.BAD_REQUEST
    return "session" in error.message.lower()  # servers have codes of their own for that


def list_leaves(error: BaseException) -> Iterator[BaseException]:
    """List the errors in a group, however deep."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from list_leaves(inner)
    else:
        yield error


def explain_answer(error: MCPError, title: str, ending: Ending) -> DeskhandError:
    """Explain an error that the server, or the SDK in its place, answered."""
    message = clean_message(error.message)
    if about_sign_in := ending.explain(ending.status):  # whatever the body of the refusal says
        return about_sign_in
    if is_forgotten(error, ending):
        return Unavailable(f"“{title}” {FORGOTTEN}. Nothing was done; send it again.", retry_after=1)
    if error.code == CONNECTION_CLOSED and ending.sentence:  # servers use this code, too
        return UpstreamFailed(f"“{title}” {ending.sentence}.")
    if error.message == GENERIC and ending.status:
        return explain_status(ending.status, title, ending)
    if error.message in UNSUPPORTED:
        return UpstreamFailed(
            f"“{title}” wanted to use the language model or the folders of its client. Deskhand gives it neither."
        )
    result, sentence = CODES.get(error.code, (UpstreamFailed, "reported an error: {message}"))
    return result(f"“{title}” {sentence.format(message=message)}")


def explain_status(status: int, title: str, ending: Ending) -> DeskhandError:
    if about_sign_in := ending.explain(status):
        return about_sign_in
    if status in REFUSALS:
        return SignInNeeded(f"“{title}” refused Deskhand's credentials (HTTP {status}). Check its headers, or sign in to it.")
    return UpstreamFailed(f"“{title}” answered with HTTP {status}.")


def clean_message(message: str) -> str:
    """Return an error message from outside as it may be shown."""
    text = " ".join(remove_hidden(message[:LONGEST_SOURCE]).split())
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
