import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse

from server.http.deferred_routes import DeferredRoutes, include
from server.http.in_process import CLIENT, OPERATION, InProcessClient, InternalRequest


def make_client(app):
    client = InProcessClient()
    client.app = app
    return client


def make_echo():
    routes = APIRouter(prefix="/echo")

    @routes.post("/{name}", status_code=201, operation_id="echo")
    async def echo(name: str, request: Request):
        return {
            "name": name,
            "query": dict(request.query_params),
            "body": await request.json(),
            "headers": {key: value for key, value in request.headers.items() if key.startswith("x-")},
            "client": request.scope[CLIENT],
        }

    return routes


async def test_request_arrives_whole_and_on_behalf_of_its_client():
    app = FastAPI()
    app.include_router(make_echo())
    request = InternalRequest("POST", "/echo/a%20b%C3%A4", "q=1%262", '{"text": "ä"}'.encode(), (("X-More", "yes"),))
    response = await make_client(app).call(request, **{CLIENT: "bot", OPERATION: "echo"})
    assert response.status == 201
    assert response.headers["content-type"] == "application/json"
    assert response.body.decode() == (
        '{"name":"a bä","query":{"q":"1&2"},"body":{"text":"ä"},"headers":{"x-more":"yes"},"client":"bot"}'
    )


@pytest.mark.parametrize("request_", [InternalRequest("POST", "/echo/a/b"), InternalRequest("GET", "/echo/a")])
async def test_path_or_method_of_another_operation_is_not_found(request_):
    app = FastAPI()
    app.include_router(make_echo())

    @app.get("/echo/{name}", operation_id="other")
    async def other(name: str):
        raise AssertionError(name)

    assert (await make_client(app).call(request_, **{OPERATION: "echo"})).status == 404


async def test_operation_is_found_once_its_integration_is_there():
    app = FastAPI()
    client = make_client(app)
    request = InternalRequest("POST", "/echo/a", body=b"1")
    assert (await client.call(request, **{CLIENT: "bot", OPERATION: "echo"})).status == 404
    app.include_router(make_echo())
    assert (await client.call(request, **{CLIENT: "bot", OPERATION: "echo"})).status == 201
    client.app = FastAPI()
    assert (await client.call(request, **{CLIENT: "bot", OPERATION: "echo"})).status == 404


async def test_middleware_of_the_application_is_not_passed_again():
    app = FastAPI()
    app.include_router(make_echo())

    @app.middleware("http")
    async def refuse(*_):
        return PlainTextResponse(status_code=500)

    request = InternalRequest("POST", "/echo/a", body=b"1")
    assert (await make_client(app).call(request, **{CLIENT: "bot", OPERATION: "echo"})).status == 201


async def test_call_before_the_application_is_there_is_an_error():
    with pytest.raises(RuntimeError):
        await InProcessClient().call(InternalRequest("GET", "/"))


async def test_deferred_route_is_made_at_the_first_call():
    async def ready(_: str) -> None:
        return

    app = FastAPI()
    deferred = DeferredRoutes(app, ready)
    deferred.add(("",), list)  # another part may have any path
    deferred.add(("/echo",), lambda: include(make_echo()))
    client = make_client(app)
    client.prepare = deferred.prepare
    request = InternalRequest("POST", "/echo/a", body=b"1")
    assert (await client.call(request, **{CLIENT: "bot", OPERATION: "echo"})).status == 201
