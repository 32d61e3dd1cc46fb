import asyncio
import json

import pytest

from server.integrations.tools.fake.ambivo import STOLEN, FakeAmbivo, parse_head, running_ambivo
from tests import loopback

TOKEN = "header.payload.signature"


async def ask(url, body, token=TOKEN, method="POST", path="/entity/natural_query"):
    async with loopback.AsyncClient() as http:
        return await http.request(method, f"{url}{path}", headers={"Authorization": f"Bearer {token}"}, content=body)


@pytest.mark.parametrize(
    ("response_format", "keys"), [("table", {"table"}), ("natural", {"natural"}), ("both", {"table", "natural"})]
)
async def test_question_is_answered_in_its_format(response_format, keys) -> None:
    fake = FakeAmbivo()
    async with running_ambivo(fake) as url:
        answer = await ask(url, json.dumps({"query": "new leads", "response_format": response_format}).encode())
    assert answer.status_code == 200
    assert answer.json().keys() - {"success", "query"} == keys
    assert fake.queries == [(TOKEN, "new leads")]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"token": STOLEN}, 401),
        ({"token": "none"}, 401),
        ({"path": "/entity/data"}, 404),
        ({"method": "PUT"}, 405),
        ({"body": b"no JSON"}, 400),
        ({"body": b"[]"}, 400),
        ({"body": b'{"query": "a", "response_format": "verse"}'}, 400),
    ],
)
async def test_wrong_request_is_refused(options, status) -> None:
    fake = FakeAmbivo()
    async with running_ambivo(fake) as url:
        body = options.pop("body", b'{"query": "leads"}')
        assert (await ask(url, body, **options)).status_code == status
    assert fake.queries == []


async def test_size_is_limited() -> None:
    async with running_ambivo() as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"POST /entity/natural_query HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
        writer.close()


@pytest.mark.parametrize("head", ["GET / HTTP/1.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno header\r\n\r\n"])
def test_malformed_request_is_none(head) -> None:
    with pytest.raises(ConnectionError):
        parse_head(head.encode())
