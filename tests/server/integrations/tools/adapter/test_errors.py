import httpx2
import pytest
from mcp.shared.exceptions import MCPError

from server.core.errors import InvalidInput, NotFound, SignInNeeded, Unavailable, UpstreamFailed, UpstreamTimedOut
from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.adapter.errors import LONGEST_SOURCE, clean_message, explain, is_answered, is_forgotten


def ended(sentence: str = "", status: int = 0) -> Ending:
    ending = Ending()
    if sentence:
        ending.set(sentence)
    ending.status = status
    return ending


GENERIC = MCPError(-32603, "Server returned an error response")


@pytest.mark.parametrize(
    ("error", "ending", "kind", "sentence"),
    [
        (TimeoutError(), ended("ended"), UpstreamTimedOut, "“A” did not answer in time."),
        (MCPError(-32001, "x"), ended(), UpstreamTimedOut, "“A” did not answer in time."),
        (MCPError(-32602, "no \u202ex\n\nhere"), ended(), InvalidInput, "“A” refused the arguments: no x here"),
        (MCPError(-32601, "x"), ended(), NotFound, "“A” does not offer that."),
        (MCPError(-32000, "disk full"), ended(), UpstreamFailed, "“A” reported an error: disk full"),
        (MCPError(-32000, "Connection closed"), ended("ended with status 1"), UpstreamFailed, "“A” ended with status 1."),
        (GENERIC, ended(status=500), UpstreamFailed, "“A” answered with HTTP 500."),
        (GENERIC, ended(status=401), SignInNeeded, "“A” refused Deskhand's credentials (HTTP 401)."),
        (
            ExceptionGroup("x", [ExceptionGroup("y", [httpx2.ConnectError("http://secret")])]),
            ended(),
            Unavailable,
            "“A” could not be reached.",
        ),
        (ValueError("secret"), ended(), UpstreamFailed, "“A” answered in a way that Deskhand cannot read."),
        (ZeroDivisionError("secret"), ended(), UpstreamFailed, "“A” failed (ZeroDivisionError)."),
        (ExceptionGroup("x", [InvalidInput("Mine.")]), ended(), InvalidInput, "Mine."),
    ],
)
def test_failure_is_explained(error: Exception, ending: Ending, kind: type[Exception], sentence: str) -> None:
    explained = explain(error, "A", ending)
    assert type(explained) is kind
    assert explained.detail.startswith(sentence)
    assert "secret" not in explained.detail


@pytest.mark.parametrize(
    ("error", "forgotten"),
    [
        (MCPError(-32600, "Session terminated"), True),
        (MCPError(-32001, "Session not found"), True),
        (MCPError(-32601, "Method not found"), False),
        (MCPError(-32000, "disk full"), False),
        (GENERIC, False),
        (MCPError(-32000, "Connection closed"), False),
        (MCPError(-32001, "Request 'session' timed out"), False),
        (TimeoutError(), False),
    ],
)
def test_only_a_request_that_was_refused_for_its_session_was_not_done(error: Exception, forgotten: bool) -> None:
    ending = ended(status=404)
    assert not is_forgotten(error, ending)
    ending.is_forgotten = True
    assert is_forgotten(error, ending) is forgotten
    assert ("Nothing was done" in explain(error, "A", ending).detail) is forgotten


@pytest.mark.parametrize(
    ("error", "status", "answered"),
    [
        (MCPError(-32000, "disk full"), 0, True),
        (MCPError(-32001, "It took too long."), 0, False),
        (MCPError(-32001, "Request 'tools/call' timed out"), 0, False),
        (MCPError(-32000, "Connection closed"), 0, False),
        (GENERIC, 503, False),
        (GENERIC, 400, True),
        (OSError(), 0, False),
    ],
)
def test_answer_is_lost_unless_the_server_itself_reported_an_error(error: Exception, status: int, answered: bool) -> None:
    assert is_answered(ExceptionGroup("x", [error]), ended(status=status)) is answered


def test_long_message_is_cut() -> None:
    assert len(explain(MCPError(1, "x" * 100_000), "A", ended()).detail) < 1_100


def test_no_more_of_a_message_is_read_than_its_beginning() -> None:
    assert clean_message("\u200b" * LONGEST_SOURCE + "x") == ""
