"""The fake page as the simulated extension uses it: by HTTP, without a browser."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2


class Refused(Exception):
    """The page did not take the message. `sent`: whether it may have arrived all the same."""

    def __init__(self, name: str, text: str, *, sent: bool, resets_at: float = 0) -> None:
        super().__init__(text)
        self.name, self.sent, self.resets_at = name, sent, resets_at


class SimulatedPage:
    """A tab on the fake site."""

    def __init__(self, http: httpx2.AsyncClient, origin: str) -> None:
        self._http, self._origin = http, origin

    async def send(self, request: dict[str, Any], files: Sequence[bytes] = ()) -> AsyncIterator[dict[str, Any]]:
        """Send a message with its files and yield the events of the answer. Raises Refused."""
        described = request.get("attachments", [])
        for file, data in zip(described, files, strict=True):
            await self._upload(file["name"], file["content_type"], data)
        order = {
            "message": request["message"],
            "chat_id": request["chat_id"] or "",
            "mode": request["response_type"],
            "effort": request["thinking_time"],
            "model": request.get("model") or "",
            "project": request.get("project") or "",
            "temporary": bool(request.get("temporary")),
            "attachments": [file["name"] for file in described],
        }
        async with self._http.stream("POST", f"{self._origin}/backend-api/f/conversation", json=order) as response:
            if not response.is_success:
                await response.aread()
                raise read_refusal(response)
            async for line in response.aiter_lines():
                yield json.loads(line)

    async def _upload(self, name: str, content_type: str, data: bytes) -> None:
        address, headers = f"{self._origin}/backend-api/files", {"Content-Type": content_type}
        response = await self._http.post(address, params={"name": name}, content=data, headers=headers)
        if not response.is_success:
            raise Refused("attachments_refused", "ChatGPT did not take a file.", sent=False)

    async def find(self, chat_id: str | None, message: str) -> dict[str, Any]:
        """Look whether a message is in its chat, and whether it was answered."""
        if not chat_id:
            return {"state": "not_sent"}
        response = await self._http.get(f"{self._origin}/backend-api/page/{chat_id}")
        messages = response.json()["messages"] if response.is_success else []
        places = [index for index, each in enumerate(messages) if each["role"] == "user" and each["text"] == message]
        if not places:
            return {"state": "not_sent"}
        answers = [each["text"] for each in messages[places[-1] + 1 :] if each["role"] == "assistant" and each["text"]]
        return {"state": "answered", "response": answers[-1], "chat_id": chat_id} if answers else {"state": "sent"}


def read_refusal(response: httpx2.Response) -> Refused:
    """Read why the page did not take a message."""
    if response.status_code == 429:
        until = float(response.json()["detail"]["resets_at"])
        return Refused("limit", "ChatGPT's limit is reached.", sent=False, resets_at=until)
    if response.status_code == 403:
        return Refused("challenge", "ChatGPT wants to know whether a person is there.", sent=False)
    if response.status_code == 404:
        return Refused("chat_not_found", "ChatGPT did not open this chat.", sent=False)
    return Refused("page_error", "ChatGPT showed an error after the message was sent.", sent=True)
