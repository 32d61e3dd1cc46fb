"""Methods of the fake's backend which its page calls: send, follow an answer, read the history."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.integrations.queue.fake.account import Account, Chat, Message, Sent, Upload
from server.integrations.queue.fake.answers import Answer, Answers
from server.integrations.queue.fake.behaviour import Behaviour, Outcomes, change
from server.integrations.queue.fake.history import describe_chat, describe_item
from server.integrations.queue.fake.replies import Replies

TOKEN = "fake-access-token"  # noqa: S105, of a fake account
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass
class Site:
    """The state of the fake site. `history_calls`: the number of chats that were read for an import."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    account: Account = field(default_factory=Account)
    outcomes: Outcomes = field(default_factory=Outcomes)
    replies: Replies = field(default_factory=Replies)
    answers: Answers = field(default_factory=Answers)
    history_calls: int = 0


class Methods:
    """The backend."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """List its routes."""
        return [
            Route("/api/auth/session", self.read_session),
            Route("/backend-api/f/conversation", self.send, methods=["POST"]),
            Route("/backend-api/conversation/{chat_id}/resume", self.resume),
            Route("/backend-api/conversation/{chat_id}/{action}", self.act, methods=["POST"]),
            Route("/backend-api/conversation/{chat_id}", self.read_chat),
            Route("/backend-api/conversations", self.list_chats),
            Route("/backend-api/files", self.take_file, methods=["POST"]),
            Route("/backend-api/estuary/content", self.read_image),
            Route("/backend-api/page/{chat_id}", self.read_page_chat),
        ]

    async def read_session(self, _: Request) -> Response:
        """Answer who is signed in."""
        is_signed_in = self._site.behaviour.signed_in == "yes"
        return JSONResponse({"accessToken": TOKEN, "user": {"name": "Robin"}} if is_signed_in else {})

    async def send(self, request: Request) -> Response:
        """Accept or refuse a message, and stream the answer."""
        order: dict[str, Any] = await request.json()
        site, text = self._site, str(order["message"])
        outcome = site.outcomes.take(text)
        kind = outcome.kind if outcome else ""
        if outcome and kind == "limit":
            site.behaviour = change(site.behaviour, {"limit_until": time.time() + outcome.seconds})
        refusal = self._refuse(kind)
        if order["chat_id"] and order["chat_id"] not in site.account.chats:
            refusal = refusal or JSONResponse({"detail": "Conversation not found"}, 404)
        chat = None
        if refusal is None:
            chat = site.account.open(order["chat_id"], order["project"], temporary=order["temporary"])
        options = {name: order[name] for name in ("mode", "effort", "model", "project", "temporary")}
        chat_id = chat.chat_id if chat else order["chat_id"]
        site.account.sent.append(
            Sent(chat_id, text, accepted=refusal is None, attachments=tuple(order["attachments"]), **options)
        )
        if chat is None:
            return refusal or Response(status_code=500)
        chat.messages.append(Message("user", text))
        message = Message("assistant", site.replies.make(text), model=order["model"])
        chat.messages.append(message)
        answer = site.answers.start(chat, message, site.behaviour, outcome)
        if kind == "lost_answer":  # it was sent, and the page is told of a failure
            return JSONResponse({"detail": "Something went wrong."}, 502)
        return stream(answer)

    def _refuse(self, kind: str) -> Response | None:
        until = self._site.behaviour.limit_until
        if until > time.time():
            return JSONResponse({"detail": {"code": "rate_limited", "resets_at": until}}, 429)
        if kind == "challenge" or self._site.behaviour.challenge:
            return JSONResponse({"detail": "challenge"}, 403, {"cf-mitigated": "challenge"})
        if kind == "error":
            return JSONResponse({"detail": "Something went wrong."}, 500)
        return None

    async def resume(self, request: Request) -> Response:
        """Stream the answer that is being written in a chat; 204 if there is none."""
        answer = self._site.answers.read(request.path_params["chat_id"])
        return stream(answer) if answer else Response(status_code=204)

    async def act(self, request: Request) -> Response:
        """Record a press of a button beside sending, and continue an answer."""
        chat, action = self._site.account.chats[request.path_params["chat_id"]], request.path_params["action"]
        self._site.account.actions.append(action)
        last = chat.messages[-1]
        if action != "continue":
            return Response(status_code=204)
        last.text, last.alternative = last.text + last.alternative, ""
        return stream(self._site.answers.start(chat, last, self._site.behaviour, None))

    async def read_page_chat(self, request: Request) -> Response:
        """Answer the messages of a chat for the page."""
        await asyncio.sleep(self._site.behaviour.load_ms / 1000)
        chat = self._site.account.chats.get(request.path_params["chat_id"])
        if chat is None:
            return JSONResponse({"detail": "Conversation not found"}, 404)
        names = ("role", "text", "message_id", "model")
        messages = [{name: getattr(message, name) for name in names} for message in chat.messages]
        return JSONResponse({"title": chat.title, "messages": messages})

    async def list_chats(self, request: Request) -> Response:
        """Answer a page of the history."""
        if refusal := self._check(request):
            return refusal
        offset, limit = (int(request.query_params.get(name, value)) for name, value in (("offset", "0"), ("limit", "28")))
        chats = self._site.account.list_chats()
        items = [describe_item(chat) for chat in chats[offset : offset + limit]]
        return JSONResponse({"items": items, "total": len(chats), "limit": limit, "offset": offset})

    async def read_chat(self, request: Request) -> Response:
        """Answer a chat of the history in the export's form."""
        if refusal := self._check(request):
            return refusal
        site = self._site
        chat: Chat | None = site.account.chats.get(request.path_params["chat_id"])
        if chat is None:
            return JSONResponse({"detail": "Conversation not found"}, 404)
        site.history_calls += 1
        if site.behaviour.history_calls and site.history_calls > site.behaviour.history_calls:
            return JSONResponse({"detail": "Too many requests"}, 429, {"retry-after": "60"})
        return JSONResponse(describe_chat(chat))

    async def take_file(self, request: Request) -> Response:
        """Take a file for a message to come."""
        behaviour, data = self._site.behaviour, await request.body()
        await asyncio.sleep(behaviour.upload_ms / 1000)
        if behaviour.upload_refused:
            return JSONResponse({"detail": "The file is refused."}, 413)
        name, content_type = request.query_params["name"], request.headers.get("content-type", "")
        self._site.account.uploads.append(Upload(name, content_type, data))
        return Response(status_code=204)

    async def read_image(self, _: Request) -> Response:
        """Answer a generated image."""
        return Response(PIXEL, media_type="image/png")

    def _check(self, request: Request) -> Response | None:
        is_known = request.headers.get("authorization") == f"Bearer {TOKEN}" and self._site.behaviour.signed_in == "yes"
        return None if is_known else JSONResponse({"detail": "Unauthorized"}, 401)


def stream(answer: Answer) -> Response:
    """Answer with the events, one JSON object a line."""

    async def write() -> AsyncIterator[str]:
        async for event in answer.follow():
            yield json.dumps(event) + "\n"

    return StreamingResponse(write(), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})
