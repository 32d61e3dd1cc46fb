"""Parts of a request that the guard needs."""

import hashlib
import json
from collections.abc import Mapping
from string import punctuation
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.datastructures import Headers

from server.access.approvals.approval import Request as KeptRequest
from server.access.clients.client import Client
from server.core.errors import InvalidInput
from server.sdk.operation import Operation

LONGEST_IDEMPOTENCY_KEY = 255


def digest_call(operation: Operation, client: Client, arguments: Mapping[str, Any]) -> str:
    """Hash a call by what it means: spelling, order and white space do not matter."""
    canonical = json.dumps([operation.name, client.identity, arguments], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


async def read_request(request: Request) -> KeptRequest:
    """A request as it can be made again: what the client sent, without its headers."""
    return KeptRequest(
        method=request.method,
        path=quote(request.scope["path"], safe="/"),
        query=quote(request.scope["query_string"], safe=punctuation),
        content_type=request.headers.get("content-type", ""),
        body=await request.body(),
    )


def may_exceed(request: Request, size: int) -> bool:
    """Return whether a body may have more bytes, by what its headers say."""
    length = request.headers.get("content-length", "")
    return int(length) > size if length.isdecimal() else "transfer-encoding" in request.headers


def prefers_async(headers: Headers) -> bool:
    """Return whether a client asks not to be kept waiting (RFC 7240)."""
    preferences = ",".join(headers.getlist("prefer")).split(",")
    return any(value.partition(";")[0].strip().lower() == "respond-async" for value in preferences)


def read_idempotency_key(headers: Headers) -> str | None:
    """Read the Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). Raises InvalidInput for one too long."""
    key = headers.get("idempotency-key", "").strip()
    if len(key) > LONGEST_IDEMPOTENCY_KEY:
        raise InvalidInput(f"An Idempotency-Key has at most {LONGEST_IDEMPOTENCY_KEY} characters.")
    return key or None
