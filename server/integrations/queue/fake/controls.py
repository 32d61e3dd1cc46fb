"""Control routes of the fake: a test in another process sets its behaviour, and counts what was sent."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.integrations.queue.fake.behaviour import Behaviour, Outcome, change
from server.integrations.queue.fake.methods import Site


class Controls:
    """The control routes. `POST /fake/behaviour` changes settings, `DELETE` resets them and the outcomes."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/fake/behaviour", self.read_behaviour, methods=["GET"]),
            Route("/fake/behaviour", self.set_behaviour, methods=["POST"]),
            Route("/fake/behaviour", self.reset, methods=["DELETE"]),
            Route("/fake/outcomes", self.order, methods=["POST"]),
            Route("/fake/replies", self.script, methods=["POST"]),
            Route("/fake/sent", self.list_sent, methods=["GET"]),
            Route("/fake/chats", self.add_chat, methods=["POST"]),
        ]

    async def read_behaviour(self, _: Request) -> Response:
        """Answer the settings."""
        return JSONResponse(asdict(self._site.behaviour))

    async def set_behaviour(self, request: Request) -> Response:
        """Change some settings."""
        try:
            self._site.behaviour = change(self._site.behaviour, await request.json())
        except ValueError as error:
            return JSONResponse({"detail": str(error)}, 400)
        return await self.read_behaviour(request)

    async def reset(self, _: Request) -> Response:
        """Reset settings and outcomes."""
        self._site.behaviour = Behaviour()
        self._site.outcomes.ordered.clear()
        return Response(status_code=204)

    async def order(self, request: Request) -> Response:
        """Order an outcome; its fields are those of Outcome."""
        try:
            self._site.outcomes.order(Outcome(**await request.json()))
        except (TypeError, ValueError) as error:
            return JSONResponse({"detail": str(error)}, 400)
        return Response(status_code=204)

    async def script(self, request: Request) -> Response:
        """Add replies to come."""
        self._site.replies.scripted.extend(await request.json())
        return Response(status_code=204)

    async def list_sent(self, request: Request) -> Response:
        """List and count what was sent, in all chats or in one, and the other actions."""
        chat_id, account = request.query_params.get("chat_id"), self._site.account
        sent = [each for each in account.describe_sent() if chat_id in (None, each["chat_id"])]
        return JSONResponse({"sent": sent, "counts": account.count_sent(), "actions": account.actions})

    async def add_chat(self, request: Request) -> Response:
        """Add an earlier chat: title, turns as pairs of role and text, created."""
        given = await request.json()
        chat = self._site.account.add_chat(given["title"], [tuple(turn) for turn in given["turns"]], given.get("created"))
        return JSONResponse({"chat_id": chat.chat_id}, 201)
