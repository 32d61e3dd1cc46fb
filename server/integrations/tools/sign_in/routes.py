"""Routes of the person's sign-in at a server: for the window and the command line, and the callback of the browser."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, Field

from server.core.errors import DeskhandError
from server.integrations.tools.service import ToolsService
from server.integrations.tools.sign_in.pending import read_answer
from server.integrations.tools.sign_in.sign_ins import CALLBACK
from server.integrations.tools.views import ToolsView, view_all
from server.sdk.pages import make_page
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

signing_in = DeferredRouter(prefix="/api/tools", tags=["Tools"])
callbacks = DeferredRouter(include_in_schema=False)
Tools = Annotated[ToolsService, provided(ToolsService)]


class ServerSignInOrder(BaseModel):
    """Options of a sign-in."""

    open: bool = Field(False, description="Whether Deskhand opens the page in the browser of this computer.")


class ServerSignInStarted(BaseModel):
    """A sign-in that was begun."""

    url: str = Field(description="The page to visit in a browser; empty if the sign-in needs none and is done.")
    opened: bool = Field(description="Whether Deskhand has opened it.")


@signing_in.post("/{server_id}/sign-in")
async def begin_sign_in(tools: Tools, server_id: str, order: ServerSignInOrder | None = None) -> ServerSignInStarted:
    """Begins to sign in to a server; the topic tools says when it is done."""
    url = await tools.servers.sign_ins.begin(tools.servers.find(server_id))
    opened = bool(order and order.open and url) and await tools.servers.sign_ins.show(url)
    tools.publish()
    return ServerSignInStarted(url=url, opened=opened)


@signing_in.delete("/{server_id}/sign-in")
async def sign_out(tools: Tools, server_id: str) -> ToolsView:
    """Revokes and forgets the tokens for a server, and forgets Deskhand's registration there."""
    await tools.servers.sign_ins.sign_out(tools.servers.find(server_id))
    await tools.servers.restart(server_id)
    return view_all(tools)


@callbacks.get(CALLBACK)
async def finish_sign_in(tools: Tools, request: Request) -> Response:
    """Show the person how signing in went."""
    try:
        title = await tools.servers.sign_ins.finish(read_answer(request.query_params.multi_items()))
    except DeskhandError as failure:
        return make_page("Not signed in", failure.detail, failure.status)
    return make_page("Signed in", f"You are signed in to “{title}”. You can close this page.", 200)
