"""Translation of the OpenAI client's errors into ours, which name the service that it talks to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.core.errors import (
    DeskhandError,
    Forbidden,
    InvalidInput,
    NotFound,
    SignInNeeded,
    TooManyRequests,
    Unavailable,
    UpstreamFailed,
    UpstreamTimedOut,
)
from server.core.invisible import show_line
from server.integrations.conversations.adapter.protocol import Uncertain

if TYPE_CHECKING:
    import openai

LONGEST_MESSAGE = 500
OPENAI = "OpenAI"
KEY_REFUSED = "{service} refuses the key. Enter a valid one in Deskhand's window, under Conversations."
OUT_OF_REACH = "OpenAI cannot be reached. Check the internet connection; nothing was sent."
OTHER_OUT_OF_REACH = "{service} cannot be reached. Check that it runs; nothing was sent."
TIMED_OUT = "{service} did not answer in time. Try again in a moment."
NO_CREDIT = "The OpenAI account has no credit left. Add credit at platform.openai.com under Billing."
OTHER_NO_CREDIT = "The account at {service} has no credit left."
TOO_MANY = "{service}'s rate limit is reached. Wait a little and go on."
OVERLOADED = "{service} is overloaded. Try again in a moment."
BUSY = "{service} is still working on this conversation. Try again in a moment."
FAILED = "{service} failed to answer. Try again in a moment."
LOCKED, QUOTA = "conversation_locked", {"insufficient_quota", "billing_hard_limit_reached"}
NOT_CARRIED_OUT = {500, 503}  # another 5xx comes from a gateway, which does not know what happened behind it


@dataclass(frozen=True)
class ErrorTranslator:
    """Translates the client's errors. `service`: the name of what it talks to."""

    service: str = OPENAI

    def translate(self, error: "openai.OpenAIError | ValueError", *, changes: bool) -> DeskhandError:
        """Translate an error. `changes`: the request changes something or costs money, so a lost answer is Uncertain."""
        import openai

        if isinstance(error, openai.APIStatusError):
            return self._translate_status(error, changes=changes)
        if isinstance(error, openai.APIConnectionError):
            return self._translate_connection(error, changes=changes)
        if isinstance(error, openai.APIError) and error.body is not None:  # an event of a stream
            return self.translate_event(error.code, error.message)
        return Uncertain() if changes else self.describe_failure()

    def _translate_connection(self, error: "openai.APIConnectionError", *, changes: bool) -> DeskhandError:
        """Translate a lost connection: where none was made, nothing was sent."""
        import httpx2
        import openai

        unsent = httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.ProxyError | httpx2.UnsupportedProtocol
        if isinstance(error.__cause__, unsent):
            return Unavailable(self._say(OUT_OF_REACH, OTHER_OUT_OF_REACH))
        if changes:
            return Uncertain()
        is_late = isinstance(error, openai.APITimeoutError)
        return UpstreamTimedOut(self._say(TIMED_OUT)) if is_late else self.describe_failure()

    def _translate_status(self, error: "openai.APIStatusError", *, changes: bool) -> DeskhandError:
        """Translate an answer other than success. `extra` has what the error says besides its message."""
        status, sentence = error.status_code, self._describe(error)
        wait = read_retry_after(error)
        fields = {"code": error.code, "param": error.param, "kind": error.type}
        extra: dict[str, Any] = {name: show_line(str(value)[:100]) for name, value in fields.items() if value}
        if error.code == LOCKED:
            return Unavailable(self._say(BUSY), retry_after=wait or 2, **extra)
        if status == 429:
            if error.code in QUOTA or error.type in QUOTA:
                return Forbidden(self._say(NO_CREDIT, OTHER_NO_CREDIT), **extra)
            return TooManyRequests(self._say(TOO_MANY), retry_after=wait or 20, **extra)
        if status >= 500 or status == 408:
            return self._translate_failure(status, wait, extra, changes=changes)
        kinds = {401: (SignInNeeded, self._say(KEY_REFUSED)), 403: (Forbidden, sentence)}
        if status == 404 and error.code != "model_not_found":
            return NotFound(sentence, **extra)
        kind, text = kinds.get(status, (InvalidInput if status >= 400 else UpstreamFailed, sentence))
        return kind(text, **extra)

    def _translate_failure(self, status: int, wait: float | None, extra: dict[str, Any], *, changes: bool) -> DeskhandError:
        """Translate a failure of the service itself."""
        if status == 503:
            return Unavailable(self._say(OVERLOADED), retry_after=wait or 10, **extra)
        if changes and status not in NOT_CARRIED_OUT:
            return Uncertain(**extra)
        return (
            UpstreamTimedOut(self._say(TIMED_OUT), **extra)
            if status in {408, 504}
            else UpstreamFailed(self._say(FAILED), **extra)
        )

    def translate_event(self, code: str | None, message: str) -> DeskhandError:
        """Translate an error within a stream."""
        if code == "rate_limit_exceeded":
            return TooManyRequests(self._say(TOO_MANY), retry_after=20, code=code)
        if code in QUOTA:
            return Forbidden(self._say(NO_CREDIT, OTHER_NO_CREDIT), code=code)
        return UpstreamFailed(
            f"{self.service} failed to answer: {shorten(message)}", code=show_line((code or "server_error")[:100])
        )

    def describe_failure(self, **extra: Any) -> UpstreamFailed:
        """Describe a failure of which nothing is known."""
        return UpstreamFailed(self._say(FAILED), **extra)

    def _describe(self, error: "openai.APIStatusError") -> str:
        """Return the service's own sentence, or ours if there is none."""
        message = error.body.get("message") if isinstance(error.body, dict) else None
        return (
            f"{self.service} answers: {shorten(message)}" if isinstance(message, str) and message.strip() else self._say(FAILED)
        )

    def _say(self, sentence: str, of_another: str = "") -> str:
        """Name the service in a sentence. `of_another`: the sentence for one that is not OpenAI's, if it differs."""
        return (of_another if of_another and self.service != OPENAI else sentence).format(service=self.service)


def shorten(message: str) -> str:
    """Clean and shorten a message."""
    return show_line(message[:LONGEST_MESSAGE])


def read_retry_after(error: "openai.APIStatusError") -> float | None:
    """Read how long to wait, in seconds."""
    milliseconds, seconds = (error.response.headers.get(name, "") for name in ("retry-after-ms", "retry-after"))
    try:
        wait = float(milliseconds) / 1000 if milliseconds else float(seconds)
    except ValueError:
        return None
    return min(wait, 86_400) if wait >= 0 else None
