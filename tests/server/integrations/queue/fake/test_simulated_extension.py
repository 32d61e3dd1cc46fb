"""The simulated extension against a WebSocket server that follows the protocol."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from server.integrations.queue.fake.simulated_extension import SimulatedExtension

REQUEST = {
    "type": "new_request",
    "request_id": "r1",
    "message": "Hello",
    "response_type": "auto",
    "thinking_time": "standard",
    "chat_id": None,
    "chat_db_id": 1,
    "token": 7,
}
Respond = Callable[[dict[str, Any]], list[dict[str, Any]]]


@asynccontextmanager
async def connected(origin: str, respond: Respond) -> AsyncIterator["asyncio.Queue[dict[str, Any]]"]:
    """Run an extension that is connected to a server. Yields what it sends; `respond` answers a message."""
    arrived: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def converse(socket: ServerConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            arrived.put_nowait(message)
            for reply in respond(message):
                await socket.send(json.dumps(reply))

    async with serve(converse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        task = asyncio.create_task(SimulatedExtension(f"ws://127.0.0.1:{port}/", "a-key", origin).run())
        try:
            yield arrived
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def read_until(arrived: "asyncio.Queue[dict[str, Any]]", kind: str) -> list[dict[str, Any]]:
    messages = []
    async with asyncio.timeout(30):
        while not messages or messages[-1]["type"] != kind:
            messages.append(await arrived.get())
    return messages


def acknowledge(message: dict[str, Any]) -> list[dict[str, Any]]:
    if message["type"] == "page":
        return [REQUEST]
    if message["type"] in {"status_update", "response", "error"}:
        return [{"type": "ack", "of": message["type"], "request_id": message["request_id"]}]
    return []


async def test_prompt_is_answered_in_pieces_after_its_acknowledgement(fake):
    async with connected(fake.origin, acknowledge) as arrived:
        messages = await read_until(arrived, "response")
    assert [message["type"] for message in messages[:3]] == ["hello", "page", "status_update"]
    answer = messages[-1]
    pieces = "".join(message["text"] for message in messages if message["type"] == "progress")
    assert answer["response"].startswith(pieces)
    assert (answer["token"], answer["chat_title"]) == (7, "Hello")
    assert answer["chat_id"] in fake.account.chats


def hand_over(content: bytes) -> Respond:
    """Make the responses of a Deskhand that has a prompt with a file, and hands it over in pieces of four bytes."""
    request = REQUEST | {"attachments": [{"name": "a.txt", "content_type": "text/plain", "size": 10}]}

    def respond(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "page":
            return [request]
        if message["type"] != "attachment":
            return acknowledge(message)
        piece = content[message["offset"] : message["offset"] + 4]
        return [{"type": "ack", "of": "attachment", "request_id": "r1", "data": b64encode(piece).decode()}]

    return respond


async def test_files_are_fetched_in_pieces_and_attached(fake):
    async with connected(fake.origin, hand_over(b"0123456789")) as arrived:
        messages = await read_until(arrived, "response")
    assert "attachments" in messages[0]["capabilities"]
    assert [message["offset"] for message in messages if message["type"] == "attachment"] == [0, 4, 8]
    assert [(upload.name, upload.content_type, upload.data) for upload in fake.account.uploads] == [
        ("a.txt", "text/plain", b"0123456789")
    ]
    assert fake.account.sent[0].attachments == ("a.txt",)


async def test_nothing_is_sent_without_its_files(fake):
    async with connected(fake.origin, hand_over(b"0123")) as arrived:
        error = (await read_until(arrived, "error"))[-1]
    assert (error["name"], error["sent"]) == ("attachments_unavailable", False)
    assert fake.account.sent == []


async def test_nothing_is_sent_to_the_page_when_the_beginning_is_refused(fake):
    def refuse(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "status_update":
            error = {"type": "error", "name": "stale", "detail": "Not yours.", "of": "status_update", "request_id": "r1"}
            return [error, {"type": "self_test"}]
        return acknowledge(message)

    async with connected(fake.origin, refuse) as arrived:
        assert [message["type"] for message in await read_until(arrived, "self_test")][2:] == ["status_update", "self_test"]
    assert fake.account.sent == []


async def test_refusal_of_the_page_is_reported_by_name(fake):
    fake.order("limit", seconds=60)
    async with connected(fake.origin, acknowledge) as arrived:
        error = (await read_until(arrived, "error"))[-1]
    assert (error["name"], error["sent"], error["token"]) == ("limit", False, 7)
    assert error["resets_at"]


async def test_question_whether_a_message_is_there_is_answered(fake):
    chat = fake.account.add_chat("Old", [("user", "Hello"), ("assistant", "Hi")])

    def ask(message: dict[str, Any]) -> list[dict[str, Any]]:
        question = {"type": "find", "request_id": "r1", "token": 3, "message": "Hello", "chat_id": chat.chat_id}
        return [question] if message["type"] == "page" else []

    async with connected(fake.origin, ask) as arrived:
        answer = (await read_until(arrived, "found"))[-1]
    assert (answer["state"], answer["response"], answer["token"]) == ("answered", "Hi", 3)
