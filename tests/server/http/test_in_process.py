import asyncio

import pytest
from fastapi import FastAPI, Request

from server.http.in_process import CLIENT, Inside, Letter


def make_inside():
    app = FastAPI()

    @app.post("/echo/{name}", status_code=201)
    async def echo(name: str, request: Request):
        told = {key: value for key, value in request.headers.items() if key.startswith("x-")}
        return {
            "name": name,
            "query": dict(request.query_params),
            "body": await request.json(),
            "headers": told,
            "who": request.scope[CLIENT],
        }

    inside = Inside()
    inside.app = app
    return inside


def test_a_letter_arrives_whole_and_says_on_whose_behalf():
    letter = Letter("POST", "/echo/a%20b%C3%A4", "q=1%262", '{"text": "ä"}'.encode(), (("X-More", "yes"),))
    reply = asyncio.run(make_inside().call(letter, **{CLIENT: "bot"}))
    assert reply.status == 201
    assert reply.headers["content-type"] == "application/json"
    assert reply.body.decode() == (
        '{"name":"a bä","query":{"q":"1&2"},"body":{"text":"ä"},"headers":{"x-more":"yes"},"who":"bot"}'
    )


def test_before_the_application_is_there_nothing_is_called():
    with pytest.raises(RuntimeError):
        asyncio.run(Inside().call(Letter("GET", "/")))
