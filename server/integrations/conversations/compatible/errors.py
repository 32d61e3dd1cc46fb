"""Failures as OpenAI's API has them: https://developers.openai.com/api/docs/guides/error-codes"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from server.sdk.nullable import NullableText
from server.sdk.operation import ErrorFormat, Failure

KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
CODES = {401: "invalid_api_key", 403: "permission_denied", 404: "not_found", 413: "request_too_large", 429: "rate_limit_exceeded"}


class OpenAIErrorDetail(BaseModel):
    """A failure in words and names."""

    message: str = Field(description="What happened and what to do, in a sentence.")
    type: str = Field(description="Its kind, such as invalid_request_error.")
    param: NullableText = Field(None, description="The field that does not fit.")
    code: NullableText = Field(None, description="A short name of the failure.")


class OpenAIError(BaseModel):
    """A failure."""

    error: OpenAIErrorDetail = Field(description="What went wrong.")


def write_error(failure: Failure) -> Mapping[str, Any]:
    """Write a failure. Errors of OpenAI itself keep their code, param and type."""
    extra = failure.extra
    fields = extra.get("errors") or [{}]
    kind = KINDS.get(failure.status, "server_error" if failure.status >= 500 else "invalid_request_error")
    detail = OpenAIErrorDetail(
        message=failure.detail,
        type=str(extra.get("kind") or kind),
        param=extra.get("param") or fields[0].get("field"),
        code=extra.get("code") or CODES.get(failure.status),
    )
    return OpenAIError(error=detail).model_dump()


def write_headers(failure: Failure) -> Mapping[str, str]:
    """Keep OpenAI's clients from sending a request again that may have been carried out, or cannot succeed."""
    return {"x-should-retry": "false"} if failure.status in {409, 500, 502, 504} else {}


OPENAI_ERRORS = ErrorFormat(OpenAIError, write_error, headers=write_headers)
