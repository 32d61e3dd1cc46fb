"""What the person at this computer sees and sets of OMI."""

from typing import Annotated

from fastapi import APIRouter, Query

from server.integrations.omi.models import ConversationList, Done
from server.integrations.omi.overview import view_all, view_conversation, view_live
from server.integrations.omi.service import Wearable
from server.integrations.omi.store.conversations import Wanted
from server.integrations.omi.views import ConversationView, LiveView, OmiView, SecretOrder
from server.sdk.services import provided

local = APIRouter(prefix="/api/omi", tags=["OMI"])
Box = Annotated[Wearable, provided(Wearable)]


@local.get("")
async def show_omi(wearable: Box) -> OmiView:
    """Shows the addresses to paste, what came last, and from whom."""
    return await view_all(wearable)


@local.post("/address")
async def make_address(wearable: Box) -> OmiView:
    """Makes the addresses, or others in their place; those before lead nowhere from then on."""
    await wearable.make_address()
    return await view_all(wearable)


@local.put("/secret")
async def set_secret(wearable: Box, order: SecretOrder) -> OmiView:
    """Takes the secret with which OMI signs, or none. The one before counts for another day."""
    await wearable.set_secret(order.secret)
    return await view_all(wearable)


@local.delete("/sources/{uid}")
async def forget_source(wearable: Box, uid: str) -> Done:
    """Removes a uid with all that it has sent. If it sends again, it is asked about anew."""
    await wearable.sources.forget(uid)
    return Done(success=True, message=f"What {uid} has sent is removed.")


@local.get("/live")
async def show_live(wearable: Box) -> LiveView:
    """Shows the latest words of the latest talk."""
    return await view_live(wearable)


@local.get("/conversations")
async def show_conversations(
    wearable: Box,
    search: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> ConversationList:
    """Lists conversations, the newest first."""
    return await wearable.library.list_conversations(Wanted(limit, offset, words=tuple(search.casefold().split())))


@local.get("/conversations/{conversation_id}")
async def show_conversation(wearable: Box, conversation_id: str) -> ConversationView:
    """Shows a conversation with what was said."""
    return await view_conversation(wearable, conversation_id)
