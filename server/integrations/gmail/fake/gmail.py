"""Gmail's API over HTTP: which method stands at which address, who may call it, and how requests are read.

https://developers.google.com/workspace/gmail/api/reference/rest
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Any

from pydantic_core import from_json
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.integrations.gmail.fake import draft_methods as drafts
from server.integrations.gmail.fake import methods
from server.integrations.gmail.fake.delivery import Post
from server.integrations.gmail.fake.field_masks import choose_fields
from server.integrations.gmail.fake.google import GoogleError, JsonObject
from server.integrations.gmail.fake.oauth import OAuth

SCOPES = "https://www.googleapis.com/auth/gmail."
EVERYTHING = "https://mail.google.com/"
LARGEST_JSON = 10_485_760
LARGEST_UPLOAD = 36_700_160
USUAL_QUERY = frozenset(
    {"$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser"}
    | {"uploadType", "upload_protocol"}
)
_LISTED = ("includeSpamTrash", "labelIds", "maxResults", "pageToken", "q")
_MESSAGE = frozenset(
    {"id", "threadId", "labelIds", "snippet", "historyId", "internalDate", "payload", "sizeEstimate", "raw"}
    | {"classificationLabelValues"}
)
_CHANGES = frozenset({"addLabelIds", "removeLabelIds", "addClassificationLabels", "removeClassificationLabelIds"})
_READ = ("readonly", "modify", "metadata")
_COMPOSE = ("compose", "modify")


@dataclass(frozen=True)
class Offer:
    """A method of the API: its address, the scopes of which any one opens it, and what it understands."""

    id: str
    verb: str
    path: str
    run: methods.Method
    scopes: tuple[str, ...]
    query: tuple[str, ...] = ()
    body: frozenset[str] = frozenset()
    upload: bool = False

    def opens(self, granted: frozenset[str]) -> bool:
        """Check whether these scopes permit the method."""
        return bool(granted & {EVERYTHING, *(SCOPES + scope for scope in self.scopes)})


OFFERS = (
    Offer("getProfile", "GET", "profile", methods.get_profile, (*_READ, "compose")),
    Offer("messages.list", "GET", "messages", methods.list_messages, _READ, _LISTED),
    Offer("messages.get", "GET", "messages/{id}", methods.get_message, _READ, ("format", "metadataHeaders")),
    Offer("messages.send", "POST", "messages/send", methods.send_message, (*_COMPOSE, "send"), (), _MESSAGE, upload=True),
    Offer("messages.modify", "POST", "messages/{id}/modify", methods.modify_message, ("modify",), (), _CHANGES),
    Offer("messages.trash", "POST", "messages/{id}/trash", methods.trash_message, ("modify",)),
    Offer("messages.untrash", "POST", "messages/{id}/untrash", methods.untrash_message, ("modify",)),
    Offer(
        "messages.attachments.get", "GET", "messages/{messageId}/attachments/{id}", methods.get_attachment,
        ("readonly", "modify"),
    ),
    Offer("threads.get", "GET", "threads/{id}", methods.get_thread, _READ, ("format", "metadataHeaders")),
    Offer(
        "drafts.list", "GET", "drafts", drafts.list_drafts, (*_COMPOSE, "readonly"),
        ("includeSpamTrash", "maxResults", "pageToken", "q"),
    ),
    Offer("drafts.get", "GET", "drafts/{id}", drafts.get_draft, (*_COMPOSE, "readonly"), ("format",)),
    Offer("drafts.create", "POST", "drafts", drafts.create_draft, _COMPOSE, (), frozenset({"id", "message"}), upload=True),
    Offer("drafts.update", "PUT", "drafts/{id}", drafts.update_draft, _COMPOSE, (), frozenset({"id", "message"}), upload=True),
    Offer("drafts.send", "POST", "drafts/send", drafts.send_draft, _COMPOSE, (), frozenset({"id", "message"}), upload=True),
    Offer("drafts.delete", "DELETE", "drafts/{id}", drafts.delete_draft, _COMPOSE),
    Offer("settings.sendAs.list", "GET", "settings/sendAs", methods.list_send_as, (*_READ[:2], "settings.basic")),
    Offer("labels.list", "GET", "labels", methods.list_labels, (*_READ, "labels")),
    Offer("labels.get", "GET", "labels/{id}", methods.get_label, (*_READ, "labels")),
)  # fmt: skip


@dataclass(frozen=True)
class Gmail:
    """The API: it lets requests in and hands them to the methods, one at a time."""

    post: Post
    oauth: OAuth
    lock: threading.RLock

    def routes(self) -> list[Route]:
        """Answer where everything stands, uploads included."""
        base = "/gmail/v1/users/{userId}/"
        routes = [Route(base + offer.path, self._endpoint(offer), methods=[offer.verb]) for offer in OFFERS]
        uploads = [offer for offer in OFFERS if offer.upload]
        return routes + [
            Route(f"/upload{base}{offer.path}", self._endpoint(offer, upload=True), methods=[offer.verb]) for offer in uploads
        ]

    def _endpoint(self, offer: Offer, *, upload: bool = False) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            content = await request.body()
            try:
                result = await run_in_threadpool(self._answer, offer, request, content, upload)
            except GoogleError as error:
                return JSONResponse(error.describe(), error.status, error.headers)
            return Response(status_code=204) if result is None else JSONResponse(result)

        return answer

    def _answer(self, offer: Offer, request: Request, content: bytes, upload: bool) -> JsonObject | None:
        with self.lock:
            address, scopes = self.oauth.check(request.headers.get("authorization", ""))
            if not offer.opens(scopes):
                headers = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'}
                raise GoogleError(403, "", "insufficientPermissions", headers=headers)
            if request.path_params["userId"].casefold() not in {"me", address}:
                raise GoogleError(403, f"Delegation denied for {address}", "forbidden")
            body, mail = read_upload(request, content) if upload else (read_body(content), None)
            query = {name: request.query_params.getlist(name) for name in request.query_params}
            for name in sorted(query.keys() - USUAL_QUERY - set(offer.query)):
                raise GoogleError(400, f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
            for name in sorted(body.keys() - offer.body):
                raise GoogleError(400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
            mailbox = self.post.mailboxes[address]
            result = offer.run(methods.Call(mailbox, self.post, request.path_params, query, body, mail))
            return None if result is None else choose_fields(result, request.query_params.get("fields", ""))


def read_body(content: bytes) -> JsonObject:
    """Read a request's JSON object; nothing at all is an empty one."""
    if len(content) > LARGEST_JSON:
        raise GoogleError(400, f"Request payload size exceeds the limit: {LARGEST_JSON} bytes.")
    try:
        body = from_json(content, allow_inf_nan=False) if content.strip() else {}
    except ValueError:
        raise GoogleError(400, "Invalid JSON payload received. Unable to parse.", "parseError") from None
    if not isinstance(body, dict):
        raise GoogleError(400, "Invalid JSON payload received. An object was expected.", "parseError")
    return body


def read_upload(request: Request, content: bytes) -> tuple[JsonObject, bytes]:
    """Read an upload: a mail alone, or JSON and a mail as multipart/related.

    https://developers.google.com/workspace/gmail/api/guides/uploads
    """
    if len(content) > LARGEST_UPLOAD:
        raise GoogleError(413, "Request Entity Too Large", "uploadTooLarge")
    described = Message()
    described["Content-Type"] = request.headers.get("content-type", "")
    if request.query_params.get("uploadType") == "media":
        parts = [b"{}", content]
    elif request.query_params.get("uploadType") == "multipart" and described.get_content_maintype() == "multipart":
        parts = _split_parts(content, str(described.get_param("boundary", "")))
    else:
        raise GoogleError(400, "Invalid upload request: use uploadType=media or uploadType=multipart", "badRequest")
    return read_body(parts[0]), parts[1]


def _split_parts(content: bytes, boundary: str) -> list[bytes]:
    pieces = re.split(rb"(?:\A|\r?\n)--" + re.escape(boundary.encode()) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)", content)[1:-1]
    parts = [b"\n".join(re.split(rb"\r?\n\r?\n", piece, maxsplit=1)[1:]) for piece in pieces]
    if not boundary or len(parts) != 2:
        raise GoogleError(400, "Malformed multipart body.", "badRequest")
    return parts
