"""Pages of the fake site: the chat, the signed-out landing, the challenge; and their scripts."""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from server.integrations.queue.fake.behaviour import Behaviour
from server.integrations.queue.fake.methods import Site

ASSETS = Path(__file__).parent / "assets"
SCRIPT = "page.js"
TYPES = {".js": "text/javascript", ".css": "text/css"}
POLICY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'",
    "Cache-Control": "no-store",
}


class Pages:
    """The site's pages. A query `?fake_layout=2025&fake_language=de` overrides the behaviour for one page."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """List its routes."""
        chats = ("/", "/c/{chat_id}", "/g/{project}/project", "/g/{project}/c/{chat_id}")
        return [
            Route("/assets/{name}", self.read_asset),
            Route("/auth/login", self.record_sign_in),
            Route("/cdn-cgi/challenge-platform/verify", self.record_challenge, methods=["POST"]),
            *(Route(path, self.show) for path in chats),
        ]

    async def read_asset(self, request: Request) -> Response:
        """Answer a script or the style."""
        path = ASSETS / Path(request.path_params["name"]).name
        if path.suffix not in TYPES or not path.is_file():
            return Response(status_code=404)
        if path.name == SCRIPT:
            await asyncio.sleep(self._site.behaviour.script_ms / 1000)
        return Response(path.read_bytes(), media_type=TYPES[path.suffix], headers=POLICY)

    async def record_sign_in(self, _: Request) -> Response:
        """Record that a button to sign in was pressed."""
        self._site.account.actions.append("sign_in")
        return RedirectResponse("/")

    async def record_challenge(self, _: Request) -> Response:
        """Record that the challenge was answered."""
        self._site.account.actions.append("challenge")
        return Response(status_code=204)

    async def show(self, request: Request) -> Response:
        """Answer a page with the chat, or what stands in its place."""
        behaviour = self._site.behaviour
        if behaviour.challenge:
            return HTMLResponse(read_text("challenge.html"), 403, {**POLICY, "cf-mitigated": "challenge"})
        language = request.query_params.get("fake_language", behaviour.language)
        layout = request.query_params.get("fake_layout", behaviour.layout)
        known = read_json("languages.json")
        texts = known[language]
        config = {
            **select(behaviour),
            "language": language,
            "parts": find_parts(layout, behaviour.missing),
            "texts": texts,
            "chats": [
                {"chat_id": chat.chat_id, "title": chat.title or "New chat"} for chat in self._site.account.list_chats()[:30]
            ],
        }
        encoded = json.dumps(config).replace("<", "\\u003c")
        page = read_text("page.html").replace("@LANGUAGE@", language).replace("@DIRECTION@", texts["direction"])
        page = page.replace("@ASYNC@", "async" if behaviour.script_ms else "")  # else the extension is as late as the script
        return HTMLResponse(page.replace("@CONFIG@", encoded), headers=POLICY)


def select(behaviour: Behaviour) -> dict[str, Any]:
    """Select the settings that the page's script needs."""
    names = ("signed_in", "modes", "efforts", "covered_pill", "interim_url", "drafts", "early_copy", "paste_limit", "limit_until")
    return {name: getattr(behaviour, name) for name in (*names, "limit_text")}


def find_parts(layout: str, missing: tuple[str, ...]) -> dict[str, Any]:
    """Find the parts of a layout. The missing ones look as in the unknown layout."""
    layouts: dict[str, Any] = read_json("layouts.json")
    parts: dict[str, Any] = {**layouts["2026"], **layouts[layout]}
    return {**parts, **{name: layouts["unknown"][name] for name in missing}}


@cache
def read_text(name: str) -> str:
    """Read a file of the assets."""
    return (ASSETS / name).read_text("utf-8")


@cache
def read_json(name: str) -> Any:
    """Read data of the assets."""
    return json.loads(read_text(name))
