"""Server-sent events and complete answers."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import Response
from fastapi.responses import StreamingResponse

from server.sdk.streaming import Event, EventStream, complete


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Event({"a": "é"}), 'data: {"a":"é"}\n\n'),
        (Event("[DONE]"), "data: [DONE]\n\n"),
        (Event([1], "done"), "event: done\ndata: [1]\n\n"),
        (Event([1], "done\ndata: x\r\n\nid: 5"), "event: done data: x id: 5\ndata: [1]\n\n"),
        (Event("one\ntwo"), "data: one\ndata: two\n\n"),
        (Event(""), "data: \n\n"),
        (Event({"a": "\ud800"}), 'data: {"a":"?"}\n\n'),
    ],
)
def test_event_is_written_as_browsers_read_it(event: Event, text: str) -> None:
    assert event.encode().decode() == text


async def test_stream_is_completed_by_its_result() -> None:
    texts: list[str] = []

    async def events() -> AsyncGenerator[Event]:
        for text in ("one", "two"):
            texts.append(text)
            yield Event(text)

    answer = await complete(EventStream(events(), lambda: {"texts": texts}, status_code=201))
    assert (answer.status_code, answer.body, answer.media_type) == (201, b'{"texts":["one","two"]}', "application/json")


async def test_other_stream_is_collected_and_other_response_stays() -> None:
    plain = Response("a")
    assert await complete(plain) is plain
    answer = await complete(StreamingResponse(iter(["é", b"b"]), media_type="text/plain"))
    assert (answer.body, answer.headers["content-type"]) == ("éb".encode(), "text/plain; charset=utf-8")
