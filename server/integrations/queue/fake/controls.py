"""Control routes of the fake: a test in another process sets its behaviour, and counts what was sent."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.integrations.queue.fake.behaviour import Behaviour, Outcome, change
from server.integrations.queue.fake.methods import Site


def make_control_routes(site: Site) -> list[Route]:
    """Make the routes. `POST /fake/behaviour` changes settings, `DELETE` resets them and the outcomes."""

    async def read_behaviour(_: Request) -> Response:
        return JSONResponse(asdict(site.behaviour))

    async def set_behaviour(request: Request) -> Response:
        try:
            site.behaviour = change(site.behaviour, await request.json())
        except ValueError as error:
            return JSONResponse({"detail": str(error)}, 400)
        return await read_behaviour(request)

    async def reset(_: Request) -> Response:
        site.behaviour = Behaviour()
        site.outcomes.ordered.clear()
        return Response(status_code=204)

    async def order(request: Request) -> Response:
        try:
            site.outcomes.order(Outcome(**await request.json()))
        except (TypeError, ValueError) as error:
            return JSONResponse({"detail": str(error)}, 400)
        return Response(status_code=204)

    async def script(request: Request) -> Response:
        site.replies.scripted.extend(await request.json())
        return Response(status_code=204)

    async def list_sent(request: Request) -> Response:
        chat_id = request.query_params.get("chat_id")
        sent = [each for each in site.account.describe_sent() if chat_id in (None, each["chat_id"])]
        return JSONResponse({"sent": sent, "counts": site.account.count_sent(), "actions": site.account.actions})

    async def add_chat(request: Request) -> Response:
        given = await request.json()
        chat = site.account.add_chat(given["title"], [tuple(turn) for turn in given["turns"]], given.get("created"))
        return JSONResponse({"chat_id": chat.chat_id}, 201)

    return [
        Route("/fake/behaviour", read_behaviour, methods=["GET"]),
        Route("/fake/behaviour", set_behaviour, methods=["POST"]),
        Route("/fake/behaviour", reset, methods=["DELETE"]),
        Route("/fake/outcomes", order, methods=["POST"]),
        Route("/fake/replies", script, methods=["POST"]),
        Route("/fake/sent", list_sent, methods=["GET"]),
        Route("/fake/chats", add_chat, methods=["POST"]),
    ]
