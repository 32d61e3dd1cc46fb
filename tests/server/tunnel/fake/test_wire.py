import asyncio

import pytest

from server.tunnel.fake.wire import Head, read_head, write_response


def read(text: bytes) -> Head:
    async def main() -> Head:
        reader = asyncio.StreamReader()
        reader.feed_data(text)
        reader.feed_eof()
        return await read_head(reader)

    return asyncio.run(main())


def test_head_is_read_and_written_with_other_headers() -> None:
    head = read(b"GET /a?b=c HTTP/1.1\r\nHost: x.example\r\nConnection: keep-alive\r\nX-Empty:\r\n\r\nbody")
    assert (head.method, head.path, head.get(b"host"), head.get(b"none")) == ("GET", "/a", b"x.example", b"")
    again = head.write(without=frozenset({b"connection"}), added=((b"Via", b"us"),))
    assert again == b"GET /a?b=c HTTP/1.1\r\nHost: x.example\r\nX-Empty: \r\nVia: us\r\n\r\n"


def test_invalid_head_is_refused() -> None:
    with pytest.raises(ValueError, match="no request"):
        read(b"hello\r\n\r\n")
    with pytest.raises(ValueError, match="too large"):
        read(b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n")
    with pytest.raises(EOFError):
        read(b"GET / HT")


def test_response_has_its_length() -> None:
    assert write_response(200, {"a": 1}).endswith(b'\r\n\r\n{"a": 1}')
    assert b"Content-Length: 8\r\n" in write_response(200, {"a": 1})
    assert b"204 No Content" in write_response(204)
